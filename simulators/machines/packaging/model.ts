import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { PackagingParameters } from './parameters.ts';
import type { PackMlState } from './packml.ts';
import type { PackagingSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize } from '../../model/lag.ts';
import { HeatedZone } from '../../model/heated-zone.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { ThermalMass } from '../../model/thermal-mass.ts';
import { initialValues } from '../../model/values.ts';
import { LineControl } from './line-control.ts';
import { PACKML_STATES } from './packml.ts';
import { CARTON_JAM, PACKAGING_SIGNALS } from './signals.ts';

const GLUE_C = 165;
const GLUE_HOLDS_C = 140;
const SEAL_C = 142;
const GLUE = { capacityKjPerK: 9, lossKwPerK: 0.0045, maximumKw: 1.8 } as const;
const SEAL = { capacityKjPerK: 1.2, lossKwPerK: 0.0033, maximumKw: 0.9 } as const;
/** Melting the glue of a carton, and what its flaps take from the sealing bars, kJ. */
const GLUE_KJ_PER_CARTON = 0.6;
const SEAL_KJ_PER_CARTON = 3.2;
const MOTOR_EFFICIENCY = 0.82;
const MOTOR = { capacityKjPerK: 4.8, lossKwPerK: 0.0053 } as const;
/** Of a failing bearing's friction: what reaches the motor's winding. */
const BEARING_KW = 0.5;
const BEARING_INTO_MOTOR = 0.27;
const PIECE_G = 42;
const CARTON_G = 38;

/** Packaging line as a PackML unit: pieces into cartons, glued, sealed and weighed. */
export class PackagingModel implements MachineModel<PackagingSignal> {
  readonly signals = PACKAGING_SIGNALS;
  readonly values: Record<PackagingSignal, SignalValue>;
  private readonly own: PackagingParameters;
  private readonly noise: SensorNoise;
  private readonly line: LineControl;
  private readonly glue = new HeatedZone({ ...GLUE, initialC: GLUE_C - 12 });
  private readonly seal = new HeatedZone({ ...SEAL, initialC: SEAL_C - 8 });
  private readonly motor = new ThermalMass(28, MOTOR.capacityKjPerK, MOTOR.lossKwPerK);
  private readonly speed = new FirstOrderLag(0, 0.7);
  private readonly meter = new EnergyMeter(61_204_000n);
  private blanks = 88;
  private glueLevel = 71;
  private cartons = 0;
  private rejects = 0;
  private onS = 0;

  constructor(parameters: PackagingParameters, context: ModelContext) {
    this.values = initialValues(PACKAGING_SIGNALS);
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.line = new LineControl(parameters, context.random('line'));
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    const jam = faults.get('jam') ?? 0;
    const bearing = faults.get('bearing') ?? 0;
    const scrapBefore = this.line.scrap;
    // Cold glue sets before the flaps meet.
    this.line.openSeams = Math.max(0, Math.min(0.6, (GLUE_HOLDS_C - this.glue.temperatureC) / 20));
    if (this.line.step(dtS, surroundings, jam)) this.cartonDone(scrapBefore);
    const { state } = this.line.unit;
    const wantedRpm = state === 'Execute' ? 1450 : state === 'Starting' || state === 'Completing' ? 700 : 0;
    this.speed.step(wantedRpm, dtS);
    const share = this.speed.value / 1450;
    // Before it jams, what drags takes torque.
    const driveKw = share * (1.1 + 0.7 * jam + BEARING_KW * bearing);
    const { ambientC } = surroundings;
    this.heat(dtS, { ambientC, share, lost: 0.75 * (faults.get('heater-failure') ?? 0) });
    const motorHeatKw = (1 - MOTOR_EFFICIENCY) * driveKw + BEARING_INTO_MOTOR * BEARING_KW * bearing * share;
    this.motor.step(motorHeatKw, ambientC, dtS);
    const powerKw = 0.45 + driveKw + this.glue.powerKw + this.seal.powerKw;
    this.meter.step(powerKw, dtS);
    const airM3PerMin = 0.04 + 0.26 * share;
    this.publishPackMl();
    this.publishProduction(surroundings);
    this.publishUnits({ share, driveKw, bearing });
    this.publishMedia({ powerKw, airM3PerMin, airBar: surroundings.airPressureBar });
    return { powerKw, airM3PerMin, work: this.line };
  }

  /** Glue tank and sealing bars; stopped, the line keeps them warm at 60 % above the hall. */
  private heat(
    dtS: number,
    around: { readonly ambientC: number; readonly share: number; readonly lost: number },
  ): void {
    const { state } = this.line.unit;
    const { ambientC } = around;
    const heated = state === 'Stopped' || state === 'Aborted' ? 0.6 : 1;
    const cartonsPerS = state === 'Execute' ? (around.share * this.own.cartonsPerMin) / 60 : 0;
    const setpoint = (nominalC: number): number => ambientC + heated * (nominalC - ambientC);
    const glueKw = GLUE_KJ_PER_CARTON * cartonsPerS;
    this.glue.step({ setpointC: setpoint(GLUE_C), ambientC, takenKw: glueKw, lost: around.lost }, dtS);
    const sealKw = SEAL_KJ_PER_CARTON * cartonsPerS;
    this.seal.step({ setpointC: setpoint(SEAL_C), ambientC, takenKw: sealKw, lost: 0 }, dtS);
  }

  private cartonDone(scrapBefore: number): void {
    const light = this.line.scrap - scrapBefore;
    this.cartons += 1;
    if (light > 0) this.rejects += 1;
    this.blanks = this.blanks < 10 ? 100 : this.blanks - 0.4;
    this.glueLevel = this.glueLevel < 20 ? 90 : this.glueLevel - 0.06;
    const grams = CARTON_G + this.own.cartonPieces * PIECE_G - light * 2.5;
    this.values.scaleWeight = this.noise.positive(grams, 0.25, 0.1);
    this.values.cartonSerial = `C${String(this.cartons).padStart(7, '0')}`;
    this.values.lastCycleTime = quantize(this.line.lastCycleS, 0.1);
  }

  private publishPackMl(): void {
    const { values, line } = this;
    const { state, stateS, cumulativeS } = line.unit;
    const [base, machine, execute] = nestedStates(state);
    values.baseState = base;
    values.machineState = machine;
    values.executeState = execute;
    values.stateCurrent = PACKML_STATES.indexOf(state);
    values.unitMode = 1;
    values.machSpeed = Math.fround(this.own.cartonsPerMin);
    values.designSpeed = Math.fround(this.own.cartonsPerMin * 1.25);
    const running = state === 'Execute' ? (this.own.cartonsPerMin * this.speed.value) / 1450 : 0;
    values.curMachSpeed = Math.fround(quantize(running, 0.1));
    values.blocked = line.state === 'blocked';
    values.starved = line.state === 'starved';
    values.stateCurrentTime = Math.floor(stateS);
    values.executeTime = Math.floor(cumulativeS.Execute);
    values.heldTime = Math.floor(cumulativeS.Held);
    values.suspendedTime = Math.floor(cumulativeS.Suspended);
    values.abortedTime = Math.floor(cumulativeS.Aborted);
    values.stopReason = line.stopReason;
    values.stopReasonText = line.stopReason === 0 ? '' : CARTON_JAM;
    const failed = line.state === 'fault';
    values.itemState = failed ? 'OutOfService' : state === 'Execute' ? 'Executing' : 'NotExecuting';
    values.operationMode = line.state === 'setup' ? 'Setup' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.guardClosed = state !== 'Held' && state !== 'Aborted';
    values.stackLight = failed ? 1 : state === 'Execute' ? 4 : 2;
  }

  private publishProduction(surroundings: Surroundings): void {
    const { values, line } = this;
    values.consumed = BigInt(line.good + line.scrap + line.inWork.length);
    values.processed = BigInt(line.good + line.scrap);
    values.defective = BigInt(line.scrap);
    values.orderNumber = line.order;
    values.article = line.article;
    values.orderCartons = this.own.orderCartons;
    values.orderCartonsDone = line.orderCartons;
    const waiting = surroundings.material.waiting(0);
    values.infeedPieces = Number.isFinite(waiting) ? Math.min(waiting, 65_535) : 60;
    values.eye = waiting > 0;
    values.scaleRejects = this.rejects;
  }

  private publishUnits(drive: {
    readonly share: number;
    readonly driveKw: number;
    readonly bearing: number;
  }): void {
    const { values, noise } = this;
    const { share, driveKw, bearing } = drive;
    values.infeedSpeed = noise.positive(0.42 * share, 0.002, 0.001);
    values.infeedCurrent = Math.fround(noise.positive(0.4 + 2.1 * share, 0.01, 0.001));
    values.erectorVacuum = share > 0.5 ? noise.positive(640, 2, 0.1) : 0;
    values.blanks = noise.positive(this.blanks, 0.05, 0.1);
    values.glueTemperature = noise.read(this.glue.temperatureC, 0.08, 0.1);
    values.glueNominal = GLUE_C;
    values.gluePressure = noise.positive(3.8 * share + 1.2, 0.01, 0.01);
    values.glueLevel = noise.positive(this.glueLevel, 0.05, 0.1);
    values.sealTemperature = noise.read(this.seal.temperatureC, 0.08, 0.1);
    values.driveTemperature = noise.read(this.motor.temperatureC, 0.05, 0.1);
    const rpm = this.speed.value;
    values.driveSpeed = rpm < 1 ? 0 : noise.positive(rpm, 0.8, 0.1);
    values.driveTorque = rpm < 30 ? 0 : noise.positive((9550 * driveKw) / rpm, 0.05, 0.01);
    const vibration = 0.06 + share * (0.9 + 3 * bearing);
    values.vibration = noise.positive(vibration, 0.04 * vibration, 0.001);
  }

  private publishMedia(media: {
    readonly powerKw: number;
    readonly airM3PerMin: number;
    readonly airBar: number;
  }): void {
    const { values, noise } = this;
    values.airPressure = noise.positive(media.airBar - 0.1 * media.airM3PerMin, 0.004, 0.001);
    values.airFlow = noise.positive(media.airM3PerMin, 0.002, 0.001);
    values.activePower = noise.positive(media.powerKw, 0.006, 0.001);
    values.energy = this.meter.registerWh;
  }
}

/** OPC 30050 nests the model: base state, within Cleared a machine state, within Running an execute state. */
function nestedStates(state: PackMlState): readonly [base: string, machine: string, execute: string] {
  if (state === 'Aborting' || state === 'Aborted') return [state, '', ''];
  if (state === 'Clearing' || state === 'Stopping' || state === 'Stopped') return ['Cleared', state, ''];
  return ['Cleared', 'Running', state];
}
