import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { PackagingParameters } from './parameters.ts';
import type { PackMlState } from './packml.ts';
import type { PackagingSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { initialValues } from '../../model/values.ts';
import { LineControl } from './line-control.ts';
import { PACKML_STATES } from './packml.ts';
import { PACKAGING_SIGNALS } from './signals.ts';

const GLUE_C = 165;
const SEAL_C = 142;
const GLUE_MAX_KW = 1.8;
const PIECE_G = 42;
const CARTON_G = 38;

/** Packaging line as a PackML unit: pieces into cartons, glued, sealed and weighed. */
export class PackagingModel implements MachineModel<PackagingSignal> {
  readonly signals = PACKAGING_SIGNALS;
  readonly values: Record<PackagingSignal, SignalValue>;
  private readonly own: PackagingParameters;
  private readonly noise: SensorNoise;
  private readonly line: LineControl;
  private readonly glue = new FirstOrderLag(GLUE_C - 12, 420);
  private readonly seal = new FirstOrderLag(SEAL_C - 8, 160);
  private readonly motor = new FirstOrderLag(30, 900);
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
    if (this.line.step(dtS, surroundings, jam)) this.cartonDone(scrapBefore);
    const { state } = this.line.unit;
    const wantedRpm = state === 'Execute' ? 1450 : state === 'Starting' || state === 'Completing' ? 700 : 0;
    this.speed.step(wantedRpm, dtS);
    const share = this.speed.value / 1450;
    // Before it jams, what drags takes torque.
    const driveKw = share * (1.1 + 0.7 * jam + 0.5 * bearing);
    const heated = state === 'Stopped' || state === 'Aborted' ? 0.6 : 1;
    const weak = faults.get('heater-failure') ?? 0;
    const { ambientC } = surroundings;
    this.glue.step(ambientC + heated * (GLUE_C - ambientC) * (1 - 0.35 * weak), dtS);
    this.seal.step(ambientC + heated * (SEAL_C - ambientC), dtS);
    this.motor.step(ambientC + 34 * driveKw + 25 * bearing * share, dtS);
    const heaterKw =
      GLUE_MAX_KW * ((0.5 * heated * (GLUE_C - ambientC)) / 145) * (1 - 0.35 * weak) + 0.4 * heated;
    const powerKw = 0.45 + driveKw + heaterKw;
    this.meter.step(powerKw, dtS);
    const airM3PerMin = 0.04 + 0.26 * share;
    this.publishPackMl();
    this.publishProduction(surroundings);
    this.publishUnits({ share, driveKw, bearing });
    this.publishMedia({ powerKw, airM3PerMin, airBar: surroundings.airPressureBar });
    return { powerKw, airM3PerMin, work: this.line };
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
    values.stopReasonText = line.stopReason === 0 ? '' : 'Carton jam at the infeed';
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
    values.glueTemperature = noise.read(this.glue.value, 0.08, 0.1);
    values.glueNominal = GLUE_C;
    values.gluePressure = noise.positive(3.8 * share + 1.2, 0.01, 0.01);
    values.glueLevel = noise.positive(this.glueLevel, 0.05, 0.1);
    values.sealTemperature = noise.read(this.seal.value, 0.08, 0.1);
    values.driveTemperature = noise.read(this.motor.value, 0.05, 0.1);
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
