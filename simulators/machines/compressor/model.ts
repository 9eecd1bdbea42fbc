import type { CompressorParameters } from './parameters.ts';
import type { CompressorSignal } from './signals.ts';
import type {
  AirSupply,
  Draw,
  Faults,
  MachineModel,
  ModelContext,
  Surroundings,
  WorkTruth,
} from '../../model/machine-model.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import * as pneumatics from './pneumatics.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { clamp, FirstOrderLag, quantize } from '../../model/lag.ts';
import { initialValues } from '../../model/values.ts';
import { LoadControl } from './load-control.ts';
import { COMPRESSOR_SIGNALS, MESSAGES } from './signals.ts';

const RATED_RPM = 2960;
/** Of full power: what a failing bearing turns into heat. */
const BEARING_SHARE = 0.03;
/** Oil thins as it warms: 1.8 % less pressure lost at the filter per kelvin. */
const OIL_FILTER_MBAR = 340;
const OIL_NOMINAL_C = 64;
const STATE_NUMBER = { off: 0, starting: 1, unloaded: 2, loaded: 3, tripped: 4 } as const;

interface Flows {
  readonly deliveredM3PerMin: number;
  readonly demandM3PerMin: number;
  readonly leakM3PerMin: number;
  readonly otherM3PerMin: number;
}

/** Receiver pressure couples what is delivered with what the plant takes; power and heat follow the load. */
export class CompressorModel implements MachineModel<CompressorSignal> {
  readonly signals = COMPRESSOR_SIGNALS;
  readonly values: Record<CompressorSignal, SignalValue>;
  private readonly own: CompressorParameters;
  private readonly noise: Random;
  private readonly users: Random;
  private readonly control = new LoadControl({ loadCycles: 88_214, motorStarts: 3_127 });
  private readonly power = new FirstOrderLag(0, 0.6);
  private readonly speed = new FirstOrderLag(0, 1.2);
  private readonly intake = new FirstOrderLag(0, 0.9);
  private readonly outlet = new FirstOrderLag(30, 420);
  private readonly winding = new FirstOrderLag(30, 900);
  private readonly meter = new EnergyMeter(412_118_000n);
  private pressureBar = 6.9;
  private baseDemand: number;
  private airM3 = 1_240_000;
  private onS = 0;

  constructor(parameters: CompressorParameters, context: ModelContext) {
    this.values = initialValues(COMPRESSOR_SIGNALS);
    this.own = parameters;
    this.noise = context.random('noise');
    this.users = context.random('users');
    this.baseDemand = parameters.baseDemandM3PerMin;
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    const { loadPressureBar: low, unloadPressureBar: high } = this.own;
    this.control.step(dtS, this.pressureBar, { low, high });
    const flows = this.flows(dtS, surroundings, faults);
    const rate = pneumatics.receiverRateBarPerS(
      flows.deliveredM3PerMin,
      flows.demandM3PerMin,
      this.own.receiverM3,
    );
    this.pressureBar = Math.max(0, this.pressureBar + rate * dtS);
    this.airM3 += (flows.deliveredM3PerMin / 60) * dtS;
    const powerKw = this.powerKw(dtS, faults.get('bearing') ?? 0);
    this.heat(powerKw, dtS, surroundings.ambientC, faults);
    this.meter.step(powerKw, dtS);
    this.publishStatus();
    this.publishAir(flows, surroundings, faults);
    this.publishEnergy(powerKw, surroundings);
    return { powerKw, airM3PerMin: 0, air: this.supply(flows), work: this.work };
  }

  private flows(dtS: number, surroundings: Surroundings, faults: Faults): Flows {
    const { capacityM3PerMin, baseDemandM3PerMin, leakM3PerMin: nominalLeak } = this.own;
    // Users come and go: a walk that is drawn back to its mean within about five minutes.
    const pull = ((baseDemandM3PerMin - this.baseDemand) * dtS) / 300;
    const kick = 0.06 * baseDemandM3PerMin * Math.sqrt(dtS) * this.users.gaussian();
    this.baseDemand = clamp(this.baseDemand + pull + kick, 0, 2.2 * baseDemandM3PerMin);
    const leakAtSeven = nominalLeak + 0.9 * (faults.get('air-leak') ?? 0);
    const served = this.pressureBar > 0.5 ? 1 : 0;
    const leakM3PerMin = served * pneumatics.leakFlow(leakAtSeven, this.pressureBar);
    const otherM3PerMin = served * this.baseDemand;
    const demandM3PerMin = otherM3PerMin + served * surroundings.airDemandM3PerMin + leakM3PerMin;
    const blocked = 1 - 0.35 * (faults.get('blocked-filter') ?? 0);
    const wanted = this.control.state === 'loaded' ? capacityM3PerMin * blocked : 0;
    const deliveredM3PerMin = this.intake.step(wanted, dtS);
    return { deliveredM3PerMin, demandM3PerMin, leakM3PerMin, otherM3PerMin };
  }

  private supply({ deliveredM3PerMin, leakM3PerMin, otherM3PerMin }: Flows): AirSupply {
    const storedM3 = pneumatics.storedM3(this.pressureBar, this.own.receiverM3);
    return { pressureBar: this.pressureBar, deliveredM3PerMin, leakM3PerMin, otherM3PerMin, storedM3 };
  }

  private powerKw(dtS: number, bearing: number): number {
    const { capacityM3PerMin, specificPowerKw } = this.own;
    const full = pneumatics.loadedPowerKw(capacityM3PerMin, specificPowerKw, this.pressureBar);
    const byState = {
      off: 0.12,
      tripped: 0.12,
      starting: 1.35 * full,
      unloaded: pneumatics.unloadedPowerKw(full),
      loaded: full,
    };
    const turning = this.turning ? RATED_RPM * (1 - 0.008 * (this.control.state === 'loaded' ? 1 : 0.4)) : 0;
    this.speed.step(turning, dtS);
    const friction = this.turning ? BEARING_SHARE * full * bearing : 0;
    return this.power.step(byState[this.control.state] + friction, dtS);
  }

  /** It makes air, not pieces: it produces while the motor turns. */
  private get work(): WorkTruth {
    const { state } = this.control;
    const truth = { reason: state, good: 0, scrap: 0, plannedS: 0, holding: 0 };
    return { ...truth, state: state === 'tripped' ? 'fault' : this.turning ? 'producing' : 'idle' };
  }

  private get turning(): boolean {
    return this.control.state !== 'off' && this.control.state !== 'tripped';
  }

  private heat(powerKw: number, dtS: number, ambientC: number, faults: Faults): void {
    const lost = faults.get('cooling-loss') ?? 0;
    this.outlet.step(ambientC + 3.1 * powerKw * (1 + 1.1 * lost), dtS);
    const bearing = this.turning ? 9 * (faults.get('bearing') ?? 0) : 0;
    this.winding.step(ambientC + 3.4 * powerKw + bearing, dtS);
    if (this.outlet.value > 110) this.control.trip();
  }

  private publishStatus(): void {
    const values = this.values;
    const { state, loadCycles, motorStarts, loadedS, unloadedS } = this.control;
    values.itemState = state === 'tripped' ? 'OutOfService' : this.turning ? 'Executing' : 'NotExecuting';
    values.operationMode = 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.state = STATE_NUMBER[state];
    values.loaded = state === 'loaded';
    values.motorOn = this.turning;
    values.tripCode = state === 'tripped' ? 12 : 0;
    values.message = MESSAGES[state];
    values.statusWord = 0x8000 | (1 << STATE_NUMBER[state]);
    values.loadCycles = loadCycles;
    values.motorStarts = motorStarts;
    values.loadedSeconds = 31_104_000n + BigInt(Math.floor(loadedS));
    values.unloadedSeconds = 14_256_000n + BigInt(Math.floor(unloadedS));
    values.airDelivered = quantize(this.airM3, 0.001);
    values.serviceIn = 840 - Math.floor((loadedS + unloadedS) / 3600);
    values.setpointHigh = this.own.unloadPressureBar;
    values.setpointLow = this.own.loadPressureBar;
    values.dryerOn = true;
  }

  private publishAir(flows: Flows, surroundings: Surroundings, faults: Faults): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      quantize(value + deviation * this.noise.gaussian(), resolution);
    const flow = flows.demandM3PerMin;
    values.receiverPressure = noisy(this.pressureBar, 0.003, 0.001);
    values.airTemperature = noisy(surroundings.ambientC + 0.09 * (this.outlet.value - 20), 0.02, 0.01);
    values.networkPressure = noisy(this.pressureBar - 0.02 * flow * flow, 0.003, 0.001);
    values.networkFlow = Math.max(0, noisy(flow, 0.004, 0.001));
    values.dewPoint = noisy(3 + 0.9 * (flow - 1), 0.03, 0.01);
    values.deliveredFlow = Math.max(0, noisy(flows.deliveredM3PerMin, 0.003, 0.001));
    values.outletTemperature = noisy(this.outlet.value, 0.04, 0.01);
    values.oilPressure = this.turning ? noisy(0.55 * this.pressureBar + 0.8, 0.004, 0.001) : 0;
    const filterDrop = OIL_FILTER_MBAR * Math.exp(-0.018 * (this.outlet.value - OIL_NOMINAL_C));
    values.oilFilterDrop = this.turning ? noisy(filterDrop, 1.2, 0.1) : 0;
    const blocked = 1 + 5 * (faults.get('blocked-filter') ?? 0);
    values.inletFilterDrop = Math.max(
      0,
      noisy(7 * blocked * (flows.deliveredM3PerMin / 2.9) ** 2, 0.05, 0.01),
    );
    values.motorTemperature = noisy(this.winding.value, 0.03, 0.01);
    values.motorSpeed = this.speed.value < 1 ? 0 : noisy(this.speed.value, 0.6, 0.1);
    const bearing = 1 + 4 * (faults.get('bearing') ?? 0);
    const running = this.speed.value / RATED_RPM;
    const vibration = 0.05 + running * bearing * (this.control.state === 'loaded' ? 2.1 : 1.5);
    values.motorVibration = Math.fround(Math.max(0, noisy(vibration, 0.05 * vibration, 0.001)));
    values.fanSpeed = Math.round(clamp(10 * (this.outlet.value - 55), 0, 100) / 5) * 5;
  }

  private publishEnergy(powerKw: number, surroundings: Surroundings): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      quantize(value + deviation * this.noise.gaussian(), resolution);
    const factor = 0.55 + 0.32 * clamp(powerKw / 18, 0, 1);
    values.activePower = noisy(powerKw, 0.006, 0.001);
    values.reactivePower = noisy(powerKw * Math.tan(Math.acos(factor)), 0.01, 0.001);
    values.powerFactor = Math.fround(quantize(factor * 100, 0.1));
    values.frequency = noisy(surroundings.frequencyHz, 0.004, 0.001);
    const volts = [0, 1, 2].map((phase) => noisy(surroundings.supplyVoltageV - 0.6 * phase, 0.12, 0.01));
    values.voltages = volts;
    values.currents = volts.map((volt, phase) => {
      const unbalance = 1 + 0.012 * (phase - 1);
      return Math.fround(noisy(((powerKw * 1000) / (3 * volt * factor)) * unbalance, 0.02, 0.001));
    });
    values.energy = this.meter.registerWh;
    values.powerBalance = BigInt(Math.round(((powerKw * 1000) / factor / 3) * 0.024 - 60));
  }
}
