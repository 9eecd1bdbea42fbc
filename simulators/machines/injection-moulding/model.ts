import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged } from '../../model/work-cycle.ts';
import type { MouldingParameters } from './parameters.ts';
import type { MouldingSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize, ramp } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { initialValues } from '../../model/values.ts';
import { MINOR_STOP, WorkCycle } from '../../model/work-cycle.ts';
import { Barrel, NOMINAL_C } from './barrel.ts';
import { CoolingCircuit, heatOfMelt } from './cooling.ts';
import * as moulding from './moulding.ts';
import { MOULDING_SIGNALS, ZONE_COLD } from './signals.ts';

const BASIC_KW = 0.5;
const NOMINAL_MELT_C = 220;
const NOMINAL_PRESSURE_BAR = 920;
const NOMINAL_CUSHION_MM = 5.2;
const SHOT_MM = 118;
const OPEN_MM = 380;
const CLAMP_KN = 900;
/** Share of the drive's work that warms the oil; the rest goes into the melt. */
const OIL_SHARE = 0.65;
/** A rim shrinks by so much more per kelvin of a warmer mould, and less with pressure; what is left is chance. mm */
const SHRINK_MM_PER_K = 0.0025;
const SWELL_MM = 0.2;
const REPEATABILITY_MM = 0.012;
const NOMINAL_MOULD_C = 41;
const TOLERANCE_MM = 0.15;

/** Injection moulding machine: cycle -> drive and barrel heat -> melt -> pressure, cushion -> short shots and flash. */
export class MouldingModel implements MachineModel<MouldingSignal> {
  readonly signals = MOULDING_SIGNALS;
  readonly values: Record<MouldingSignal, SignalValue>;
  private readonly own: MouldingParameters;
  private readonly shotKg: number;
  private readonly noise: SensorNoise;
  private readonly quality: Random;
  private readonly work: WorkCycle;
  private readonly barrel = new Barrel();
  private readonly drive = new FirstOrderLag(0, 0.3);
  private readonly circuit = new CoolingCircuit();
  private readonly pressure = new FirstOrderLag(0, 0.25);
  private readonly meter = new EnergyMeter(318_400_000n);
  private clampMm = OPEN_MM;
  private screwMm = SHOT_MM;
  private peakBar = 0;
  private cushionMm = NOMINAL_CUSHION_MM;
  private meanCycleS = moulding.CYCLE_S;
  private shots = 0;
  private hopper = 82;
  private onS = 0;

  constructor(parameters: MouldingParameters, context: ModelContext) {
    this.values = initialValues(MOULDING_SIGNALS);
    this.own = parameters;
    this.shotKg = (parameters.cavities * parameters.partG + parameters.runnerG) / 1000;
    this.noise = new SensorNoise(context.random('noise'));
    this.quality = context.random('quality');
    this.work = new WorkCycle({
      random: context.random('cycle'),
      recipe: () => ({ stages: moulding.STAGES, batch: parameters.cavities, setupS: 420 }),
      finish: (part) => this.judge(part),
      attended: false,
      stopsPerHour: parameters.stopsPerHour,
      meanStopS: 70,
    });
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    const { shift, material, ambientC } = surroundings;
    const tooCold = this.barrel.temperature(2) < NOMINAL_C[2] - 45;
    const obstacle = tooCold ? ZONE_COLD : '';
    const finished = this.work.step(dtS, { shift, material, obstacle, pace: 1 });
    const isRunning = this.work.state === 'producing';
    const stage = isRunning ? this.work.stage : '';
    const cooling = 1 - 0.8 * (faults.get('cooling-loss') ?? 0);
    this.heat(dtS, { ambientC, isRunning, cooling, lost: faults.get('heater-failure') ?? 0 });
    if (finished.length > 0) this.shotDone();
    this.move(dtS, stage, faults.get('check-valve') ?? 0);
    const wanted = moulding.drivePowerKw(this.own.drive, stage, this.shotKg) * this.effort;
    const driveKw = this.drive.step(wanted, dtS);
    const powerKw = BASIC_KW + driveKw + this.barrel.powerKw;
    this.meter.step(powerKw, dtS);
    const airM3PerMin = 0.02 + (stage === 'eject' ? 0.35 : 0);
    this.publishStates(stage);
    this.publishUnit(stage, driveKw);
    this.publishAuxiliaries(powerKw);
    return { powerKw, airM3PerMin, work: this.work };
  }

  /** Colder melt takes more work of the drive. */
  private get effort(): number {
    return moulding.injectionPressureBar(1, this.barrel.meltC, NOMINAL_MELT_C);
  }

  private heat(
    dtS: number,
    around: {
      readonly ambientC: number;
      readonly isRunning: boolean;
      readonly cooling: number;
      readonly lost: number;
    },
  ): void {
    const takenKw = around.isRunning ? 0.8 * moulding.heaterPowerKw(this.own.drive, this.shotKg) : 0;
    this.barrel.step(dtS, { ambientC: around.ambientC, takenKw, lost: around.lost });
    const { ambientC, cooling } = around;
    const meltKw = (this.shotKg * heatOfMelt(this.barrel.meltC)) / moulding.CYCLE_S;
    const heat = { mouldKw: around.isRunning ? meltKw : 0, oilKw: OIL_SHARE * this.drive.value };
    this.circuit.step(heat, { ambientC, cooling }, dtS);
  }

  private move(dtS: number, stage: string, leaking: number): void {
    const isClosed = stage === 'close' || stage === 'inject' || stage === 'pack' || stage === 'cool';
    this.clampMm = ramp(this.clampMm, isClosed ? 0 : OPEN_MM, 220 * dtS);
    const target =
      stage === 'inject' || stage === 'pack' ? this.cushionMm : stage === 'cool' ? SHOT_MM : this.screwMm;
    this.screwMm = ramp(this.screwMm, target, (stage === 'cool' ? 11 : 85) * dtS);
    const full = moulding.injectionPressureBar(NOMINAL_PRESSURE_BAR, this.barrel.meltC, NOMINAL_MELT_C);
    const wanted = stage === 'inject' ? full : stage === 'pack' ? 0.52 * full : stage === 'cool' ? 85 : 0;
    this.pressure.step(wanted * (1 - 0.18 * leaking), dtS);
    if (stage === 'close') this.peakBar = 0;
    this.peakBar = Math.max(this.peakBar, this.pressure.value);
    // A worn check valve lets melt flow back while packing: the cushion goes first.
    if (stage === 'close') this.cushionMm = Math.max(0.3, NOMINAL_CUSHION_MM * (1 - 0.85 * leaking));
  }

  private judge(part: Part): Judged {
    const deviationC = this.barrel.meltC - NOMINAL_MELT_C;
    const shortShot =
      0.004 + Math.max(0, (2.6 - this.cushionMm) / 3) ** 2 + Math.max(0, -deviationC - 8) / 60;
    const mouldC = this.circuit.mould.temperatureC;
    const flash = 0.003 + Math.max(0, deviationC - 8) / 60 + Math.max(0, mouldC - 62) / 80;
    const draw = this.quality.next();
    const sizeMm = this.sizeMm(mouldC);
    const seen = draw < shortShot ? 'short-shot' : draw > 1 - flash ? 'flash' : '';
    const defect = part.defect || seen || (Math.abs(sizeMm) > TOLERANCE_MM ? 'size' : '');
    // Weighing finds what is short; flash and size are left for the camera.
    return { part: { ...part, defect, sizeMm }, scrap: defect === 'short-shot' };
  }

  /** A warm mould lets the part shrink longer, pressure that was missing lets it shrink more. */
  private sizeMm(mouldC: number): number {
    const shrunk = SHRINK_MM_PER_K * (mouldC - NOMINAL_MOULD_C);
    const pressed = SWELL_MM * (this.peakBar / NOMINAL_PRESSURE_BAR - 1);
    return pressed - shrunk + REPEATABILITY_MM * this.quality.gaussian();
  }

  private shotDone(): void {
    const { values, work } = this;
    this.shots += 1;
    this.hopper = this.hopper < 22 ? 95 : this.hopper - (this.shotKg / 60) * 100;
    this.meanCycleS += (work.lastCycleS - this.meanCycleS) * 0.05;
    values.lastCycleTime = quantize(work.lastCycleS, 0.01);
    values.averageCycleTime = quantize(this.meanCycleS, 0.01);
    values.peakPressure = this.noise.positive(this.peakBar, 1.5, 0.1);
    values.switchOverPressure = this.noise.positive(0.93 * this.peakBar, 1.5, 0.1);
    values.holdingPressure = this.noise.positive(0.52 * this.peakBar, 1, 0.1);
    values.injectionTime = this.noise.positive(1.18 * this.effort, 0.004, 0.001);
    values.plasticationTime = this.noise.positive(10.2 * this.effort, 0.03, 0.001);
    const filled = this.shotKg * 1000 * (1 - 0.02 * Math.max(0, 3 - this.cushionMm));
    values.shotWeight = this.noise.positive(filled, 0.03, 0.01);
  }

  private publishStates(stage: string): void {
    const { values, work } = this;
    const failed = work.state === 'fault';
    values.itemState = failed ? 'OutOfService' : work.state === 'producing' ? 'Executing' : 'NotExecuting';
    values.operationMode = work.state === 'setup' ? 'Setup' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.machineMode = work.state === 'setup' ? 4 : 1;
    values.stage = stage === '' ? work.state : stage;
    values.isReady = !failed;
    values.alarmCode = failed ? (work.reason === MINOR_STOP ? 3107 : 2044) : 0;
    values.alarmText = failed ? work.reason : '';
    values.doorClosed = work.state !== 'setup';
    values.motorOn = !failed;
    values.jobName = work.order;
    values.jobProduct = work.article;
    values.expectedCycleTime = quantize(moulding.CYCLE_S, 0.1);
    values.jobCycles = BigInt(this.shots);
    values.machineCycles = BigInt(this.own.machineCycles + this.shots);
    values.partsCounter = BigInt(work.good + work.scrap);
    values.goodParts = BigInt(work.good);
    values.badParts = BigInt(work.scrap);
  }

  private publishUnit(stage: string, driveKw: number): void {
    const { values, noise } = this;
    const zones = ['zone1', 'zone2', 'zone3', 'zone4'] as const;
    zones.forEach((key, i) => {
      values[key] = noise.read(this.barrel.temperature(i), 0.08, 0.1);
      values[`${key}Nominal`] = NOMINAL_C[i] ?? 0;
    });
    values.meltTemperature = noise.read(this.barrel.meltC, 0.15, 0.1);
    values.screwPosition = noise.positive(this.screwMm, 0.02, 0.01);
    values.screwSpeed = stage === 'cool' && this.screwMm < SHOT_MM ? noise.positive(165, 0.8, 0.1) : 0;
    values.injectionPressure = noise.positive(this.pressure.value, 0.8, 0.1);
    values.backPressure = stage === 'cool' ? noise.positive(85, 0.6, 0.1) : 0;
    values.cushion = noise.positive(this.cushionMm, 0.03, 0.01);
    values.clampPosition = noise.positive(this.clampMm, 0.05, 0.01);
    values.clampForce = this.clampMm < 1 ? noise.positive(CLAMP_KN, 2, 0.1) : 0;
    values.ejectorPosition = stage === 'eject' ? noise.positive(60, 0.1, 0.01) : 0;
    values.pumpPressure = Math.fround(noise.positive(35 + 9 * driveKw, 0.5, 0.1));
  }

  private publishAuxiliaries(powerKw: number): void {
    const { values, noise } = this;
    const { mould, oil, flowLPerMin, returnC } = this.circuit;
    values.mould1 = noise.read(mould.temperatureC, 0.06, 0.1);
    values.mould2 = noise.read(mould.temperatureC - 1.4, 0.06, 0.1);
    values.oilTemperature = noise.read(oil.temperatureC, 0.05, 0.1);
    values.coolingFlow = noise.positive(flowLPerMin, 0.1, 0.01);
    values.coolingTemperature = noise.read(returnC, 0.04, 0.1);
    values.hopperLevel = noise.positive(this.hopper, 0.1, 0.1);
    values.heaterPower = noise.positive(this.barrel.powerKw, 0.01, 0.001);
    values.activePower = noise.positive(powerKw, 0.01, 0.001);
    values.energy = this.meter.registerWh;
  }
}
