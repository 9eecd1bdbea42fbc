import type { PumpParameters } from './parameters.ts';
import type { PumpCurve } from './hydraulics.ts';
import type { PumpSignal } from './signals.ts';
import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged } from '../../model/work-cycle.ts';
import * as hydraulics from './hydraulics.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { clamp, FirstOrderLag, quantize, ramp } from '../../model/lag.ts';
import { initialValues } from '../../model/values.ts';
import { failedFor, PASSED, PUMP_SIGNALS } from './signals.ts';
import { NOMINAL_DUTY, TestProgramme } from './test-programme.ts';

const CURVE: PumpCurve = {
  shutOffHeadM: 38,
  curvature: 2.4e6,
  nominalRpm: 2900,
  bestFlow: 2.1e-3,
  bestEfficiency: 0.62,
};
const OPEN_VALVE_RESISTANCE = 2.6e6;
const MOTOR_EFFICIENCY = 0.86;
const POWER_FACTOR = 0.82;
const RAMP_RPM_PER_S = 350;
const TANK_AREA_M2 = 0.25;
const REFILL_M3_PER_S = 4e-4;
const CONVERTER_KW = 0.04;
const MAINS_WATER_C = 14;
const TANK_LOSS_W_PER_K = 46;
/** Seals and bearings at nominal speed, and what a failing bearing adds, W. */
const FRICTION_W = 90;
const BEARING_FRICTION_W = 70;
const NPSH_REQUIRED_M = 2.6;
/** Share of the head of the curve. */
const HEAD_ACCEPTED = 0.75;
/** Of the vibration switch: it returns well below its limit, lest noise make it chatter. */
const VIBRATION_LIMIT = 0.9;
const VIBRATION_BACK = 0.7;

interface HydraulicState {
  /** m³/s */
  readonly flow: number;
  readonly headM: number;
  readonly hydraulicW: number;
  readonly efficiency: number;
  readonly cavitating: boolean;
  readonly dry: boolean;
  readonly npshM: number;
}

/** A pump in a loop with tank, throttling valve and frequency converter, driven through a test programme. */
export class PumpLoopModel implements MachineModel<PumpSignal> {
  readonly signals = PUMP_SIGNALS;
  readonly values: Record<PumpSignal, SignalValue>;
  private readonly noise: Random;
  private readonly programme: TestProgramme;
  private readonly flow = new FirstOrderLag(0, 0.8);
  private readonly valve = new FirstOrderLag(1, 2);
  private readonly winding: FirstOrderLag;
  private readonly bearing: FirstOrderLag;
  private readonly meter: EnergyMeter;
  private readonly nominalHead = new FirstOrderLag(20, 40);
  private rpm = 0;
  private waterC: number;
  private levelM = 0.62;
  private refilling = false;
  private tripped = 0;
  private starts: number;
  private lastStartMs = 0;
  private revolutions = 0;
  private balanceMl = 0;
  private runS: number;
  private onS = 0;
  private wasRunning = false;

  constructor(parameters: PumpParameters, context: ModelContext) {
    this.values = initialValues(PUMP_SIGNALS);
    this.noise = context.random('noise');
    this.programme = new TestProgramme({
      random: context.random('programme'),
      maximumRpm: parameters.maximumRpm,
      finish: (part) => this.judge(part),
    });
    this.waterC = parameters.waterC;
    this.winding = new FirstOrderLag(parameters.waterC, 720);
    this.bearing = new FirstOrderLag(parameters.waterC, 480);
    this.starts = parameters.numberOfStarts;
    this.runS = parameters.operatingHours * 3600;
    this.meter = new EnergyMeter(BigInt(Math.round(parameters.operatingHours * 900)));
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    const { shift, material } = surroundings;
    const obstacle = this.tripped > 0 ? 'winding temperature' : '';
    const command = this.programme.step(dtS, { shift, material, obstacle });
    this.drive(command.rpm, dtS, surroundings.timeMs);
    const opening = clamp(this.valve.step(command.valveOpening, dtS), 0, 1);
    const state = this.hydraulicState(opening, dtS, faults);
    if (command.name === NOMINAL_DUTY) this.nominalHead.step(state.headM, dtS);
    const shaftKw = this.shaftKw(state, faults.get('bearing') ?? 0);
    const electricKw = shaftKw / MOTOR_EFFICIENCY + CONVERTER_KW;
    this.heat({ electricKw, shaftKw }, dtS, surroundings.ambientC, faults);
    this.tank(dtS, faults);
    this.meter.step(electricKw, dtS);
    this.publishControl(command, opening, dtS);
    this.publishReadings(state, electricKw, surroundings, faults);
    return { powerKw: electricKw, airM3PerMin: 0, work: this.programme.work };
  }

  /** A specimen passes when the head at the nominal duty point is what the curve promises. */
  private judge(part: Part): Judged {
    const expectedM = hydraulics.headAt(CURVE, CURVE.bestFlow * 0.8, 0.8 * CURVE.nominalRpm);
    const weak = this.nominalHead.value < HEAD_ACCEPTED * expectedM;
    const defect = part.defect || (weak ? 'weak-head' : '');
    this.values.lastResult = defect === '' ? PASSED : failedFor(defect);
    return { part: { ...part, defect }, scrap: defect !== '' };
  }

  private drive(setpoint: number, dtS: number, timeMs: number): void {
    this.tripped = Math.max(0, this.tripped - dtS);
    if (this.winding.value > 145) this.tripped = 300;
    const target = this.tripped > 0 ? 0 : setpoint;
    this.rpm = ramp(this.rpm, target, RAMP_RPM_PER_S * dtS);
    const running = this.rpm > 30;
    if (running && !this.wasRunning) {
      this.starts += 1;
      this.lastStartMs = timeMs;
    }
    this.wasRunning = running;
    if (running) this.runS += dtS;
    this.revolutions += (this.rpm / 60) * dtS;
    this.onS += dtS;
  }

  private hydraulicState(opening: number, dtS: number, faults: Faults): HydraulicState {
    const blocked = 1 + 6 * (faults.get('blocked-filter') ?? 0);
    const resistance = hydraulics.valveResistance(OPEN_VALVE_RESISTANCE, opening) * blocked;
    const suctionLossM = 4 * (faults.get('cavitation') ?? 0);
    const margin = hydraulics.npshAvailableM(this.levelM, this.waterC) - suctionLossM * 2.2 - NPSH_REQUIRED_M;
    const dry = this.levelM < 0.05;
    const cavitating = this.rpm > 600 && margin < 0.5;
    const target = dry ? 0 : hydraulics.operatingFlow(CURVE, resistance, this.rpm) * (cavitating ? 0.8 : 1);
    const flow = this.flow.step(target, dtS);
    const headM = dry ? 0 : hydraulics.headAt(CURVE, flow, this.rpm) * (cavitating ? 0.85 : 1);
    const hydraulicW = hydraulics.hydraulicPowerW(flow, headM);
    const efficiency = hydraulics.efficiencyAt(CURVE, flow, this.rpm) * (cavitating ? 0.7 : 1);
    return { flow, headM, hydraulicW, efficiency, cavitating, dry, npshM: margin + NPSH_REQUIRED_M };
  }

  /** What the impeller takes and the friction that turns with the shaft. */
  private shaftKw({ hydraulicW, efficiency }: HydraulicState, bearing: number): number {
    const ratio = this.rpm / CURVE.nominalRpm;
    return (hydraulicW / efficiency + (FRICTION_W + BEARING_FRICTION_W * bearing) * ratio * ratio) / 1000;
  }

  private heat(
    power: { readonly electricKw: number; readonly shaftKw: number },
    dtS: number,
    ambientC: number,
    faults: Faults,
  ): void {
    const bearingFault = faults.get('bearing') ?? 0;
    const ratio = this.rpm / CURVE.nominalRpm;
    this.winding.step(ambientC + power.electricKw * 34, dtS);
    this.bearing.step(ambientC + 22 * ratio + 45 * ratio * bearingFault, dtS);
    // What the shaft gives ends as heat of the water; the tank loses it through its wall, and to what is filled up.
    const waterKg = Math.max(1, this.levelM * TANK_AREA_M2 * hydraulics.WATER_DENSITY);
    const wallW = TANK_LOSS_W_PER_K * (this.waterC - ambientC);
    const filledKg = this.refilling ? REFILL_M3_PER_S * hydraulics.WATER_DENSITY * dtS : 0;
    this.waterC += ((power.shaftKw * 1000 - wallW) * dtS) / (waterKg * 4186);
    this.waterC += ((MAINS_WATER_C - this.waterC) * filledKg) / (waterKg + filledKg);
  }

  private tank(dtS: number, faults: Faults): void {
    const leak = 2e-5 + 6e-4 * (faults.get('tank-leak') ?? 0);
    if (this.levelM < 0.55) this.refilling = true;
    if (this.levelM > 0.68) this.refilling = false;
    const change = ((this.refilling ? REFILL_M3_PER_S : 0) - (this.levelM > 0 ? leak : 0)) * dtS;
    this.levelM = Math.max(0, this.levelM + change / TANK_AREA_M2);
    this.balanceMl += change * 1e6;
  }

  private publishControl(command: ReturnType<TestProgramme['step']>, opening: number, dtS: number): void {
    const values = this.values;
    const running = this.rpm > 30;
    const settled = Math.abs(this.rpm - command.rpm) < RAMP_RPM_PER_S * dtS;
    const moving = this.rpm < command.rpm ? 1 : 3;
    const state = this.tripped > 0 ? 4 : !running ? 0 : settled ? 2 : moving;
    values.itemState = this.tripped > 0 ? 'OutOfService' : running ? 'Executing' : 'NotExecuting';
    values.operationMode = command.stepNumber === 0 ? 'Setup' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.speedSetpoint = Math.round(command.rpm);
    values.valveOpening = Math.fround(quantize(opening * 100, 0.1));
    values.refillValveOpen = this.refilling;
    values.controlMode = 2;
    const { work } = this.programme;
    values.order = work.order;
    values.specimensPassed = work.good;
    values.specimensFailed = work.scrap;
    values.step = command.name;
    values.stepNumber = command.stepNumber;
    values.trim = command.trimPercent;
    values.pumpState = state;
    values.pumpOn = running;
    // Drive profile (CiA 402 style): ready, enabled, target reached, fault.
    values.driveStatusWord = 0x0031 | (running ? 0x0006 : 0) | (settled ? 0x0400 : 0) | (state === 4 ? 8 : 0);
    values.faultCode = state === 4 ? -42 : 0;
    values.numberOfStarts = this.starts;
    values.lastStart = this.lastStartMs;
    values.revolutions = BigInt(Math.floor(this.revolutions));
    values.tankBalance = BigInt(Math.round(this.balanceMl));
    values.operatingTime = this.runS / 3600;
    values.energy = this.meter.registerWh;
  }

  private publishReadings(
    state: HydraulicState,
    electricKw: number,
    surroundings: Surroundings,
    faults: Faults,
  ): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      quantize(value + deviation * this.noise.gaussian(), resolution);
    const pressureBar = (state.headM * hydraulics.WATER_DENSITY * hydraulics.GRAVITY) / 1e5;
    const suctionBar = (this.levelM * hydraulics.WATER_DENSITY * hydraulics.GRAVITY) / 1e5 - 0.03;
    values.differentialPressure = noisy(pressureBar, 0.012, 0.001);
    values.inletPressure = noisy(suctionBar, 0.002, 0.001);
    values.outletPressure = noisy(pressureBar + suctionBar, 0.012, 0.001);
    values.volumeFlowRate = Math.max(0, noisy(state.flow * 60_000, 0.25, 0.01));
    values.pumpTotalHead = Math.max(0, noisy(state.headM, 0.05, 0.01));
    values.speed = this.rpm === 0 ? 0 : noisy(this.rpm, 1.5, 0.1);
    values.fluidTemperature = noisy(this.waterC, 0.02, 0.01);
    values.bearingTemperature = noisy(this.bearing.value, 0.04, 0.01);
    values.motorWindingTemperature = noisy(this.winding.value, 0.05, 0.01);
    values.pumpPowerInput = noisy(electricKw, 0.004, 0.001);
    values.pumpPowerOutput = Math.max(0, noisy(state.hydraulicW / 1000, 0.002, 0.001));
    values.pumpEfficiency = quantize(state.hydraulicW / 10 / electricKw, 0.01);
    values.netPositiveSuctionHead = noisy(state.npshM, 0.02, 0.01);
    values.supplyVoltage = Math.fround(noisy(surroundings.supplyVoltageV, 0.15, 0.01));
    const current = (electricKw * 1000) / (3 * surroundings.supplyVoltageV * POWER_FACTOR);
    values.motorCurrent = Math.fround(noisy(current, 0.01, 0.001));
    values.tankLevel = noisy(this.levelM * 1000, 0.6, 0.1);
    this.publishVibration(state.cavitating, faults.get('bearing') ?? 0);
    values.cavitation = state.cavitating;
    values.dryRunning = state.dry;
  }

  /** Unbalance grows with n²; cavitation is broadband; a bearing shows in the upper bands first. */
  private publishVibration(cavitating: boolean, bearing: number): void {
    const ratio = this.rpm / CURVE.nominalRpm;
    const bands: number[] = [];
    for (let band = 0; band < 8; band += 1) {
      const unbalance = 0.2 * ratio * ratio * Math.exp(-band / 1.8);
      const defect = bearing * ratio * 0.5 * Math.exp(-((band - 5) ** 2) / 3);
      const broadband = cavitating ? 0.14 * Math.sqrt(band + 1) : 0;
      const level = 0.012 + unbalance + defect + broadband;
      bands.push(Math.fround(quantize(level * (1 + 0.06 * this.noise.gaussian()), 1e-5)));
    }
    const rms = Math.sqrt(bands.reduce((sum, level) => sum + level * level, 0));
    this.values.vibrationSpectrum = bands;
    this.values.vibration1 = Math.fround(quantize(rms, 1e-6));
    this.values.vibration2 = Math.fround(quantize(0.82 * rms + 0.01 * Math.abs(this.noise.gaussian()), 1e-6));
    this.values.excessVibration = rms > (this.values.excessVibration ? VIBRATION_BACK : VIBRATION_LIMIT);
  }
}
