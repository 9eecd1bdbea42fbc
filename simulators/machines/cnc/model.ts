import type { CncParameters } from './parameters.ts';
import type { CncSignal } from './signals.ts';
import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import * as cutting from './cutting.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize, ramp } from '../../model/lag.ts';
import { initialValues } from '../../model/values.ts';
import { JobCycle } from './job-cycle.ts';
import { CNC_SIGNALS } from './signals.ts';
import { Toolpath } from './toolpath.ts';
import { ToolSet } from './tool-set.ts';

const SPINDLE_EFFICIENCY = 0.8;
/** Controller, fans, hydraulics: always on. Then what stands ready while the machine works. */
export const BASIC_KW = 1.9;
export const READY_KW = 2.2;
const SPINDLE_RPM_PER_S = 2600;
const AIR_LOW_BAR = 5.2;
const SCRAP_ABOVE_UM = 1.6;

interface Cut {
  readonly isCutting: boolean;
  readonly powerKw: number;
  readonly feedMmPerMin: number;
}

/** Machining centre: job cycle -> cutting power with wear -> heat, vibration, roughness, scrap. */
export class CncModel implements MachineModel<CncSignal> {
  readonly signals = CNC_SIGNALS;
  readonly values: Record<CncSignal, SignalValue>;
  readonly #ratedKw: number;
  readonly #noise: Random;
  readonly #quality: Random;
  readonly #operator: Random;
  readonly #cycle: JobCycle;
  readonly #tools: ToolSet;
  readonly #toolpath = new Toolpath();
  readonly #spindleHeat = new FirstOrderLag(24, 1200);
  readonly #coolantHeat = new FirstOrderLag(22, 2400);
  readonly #power = new FirstOrderLag(0, 0.25);
  readonly #meter: EnergyMeter;
  readonly #lifetimeAtStart: number;
  #rpm = 0;
  #feedOverride = 100;
  #nextOverrideS = 300;
  #coolantLevel = 84;
  #good = 0;
  #scrap = 0;
  #onS = 0;
  #block = 10;

  constructor(parameters: CncParameters, context: ModelContext) {
    this.values = initialValues(CNC_SIGNALS);
    this.#ratedKw = parameters.spindleRatedKw;
    this.#noise = context.random('noise');
    this.#quality = context.random('quality');
    this.#operator = context.random('operator');
    this.#cycle = new JobCycle(context.random('cycle'), parameters.lotSize, parameters.alarmsPerHour);
    this.#tools = new ToolSet(parameters.initialWear);
    this.#lifetimeAtStart = parameters.partsInLifetime;
    this.#meter = new EnergyMeter(BigInt(parameters.partsInLifetime) * 640n);
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.#onS += dtS;
    this.#operate(dtS);
    const airIsLow = surroundings.airPressureBar < AIR_LOW_BAR;
    const events = this.#cycle.step(dtS, this.#feedOverride / 100, airIsLow);
    const cut = this.#cut(dtS, faults);
    const powerKw = this.#electricPowerKw(cut);
    this.#heat(cut, powerKw, dtS, { ambientC: surroundings.ambientC, faults });
    this.#meter.step(powerKw, dtS);
    if (events.partDone) this.#partDone();
    const airM3PerMin = this.#airDemand(cut);
    this.#publishStates();
    this.#publishProduction(cut);
    this.#publishSpindle(cut, faults);
    this.#publishAuxiliaries({ cut, powerKw, airM3PerMin }, surroundings);
    return { powerKw, airM3PerMin };
  }

  /** Now and then the operator turns the feed override. */
  #operate(dtS: number): void {
    this.#nextOverrideS -= dtS;
    if (this.#nextOverrideS > 0) return;
    this.#nextOverrideS = 240 + 900 * this.#operator.next();
    this.#feedOverride = [80, 90, 100, 100, 100, 110][this.#operator.integer(0, 5)]!;
  }

  #cut(dtS: number, faults: Faults): Cut {
    const { operation, phase, running } = this.#cycle;
    const tool = this.#tools.select(operation.tool);
    const wanted = running && phase === 'cutting' ? operation.rpm : phase === 'warm-up' && running ? 3000 : 0;
    this.#rpm = ramp(this.#rpm, wanted, SPINDLE_RPM_PER_S * dtS);
    const isCutting =
      running && phase === 'cutting' && this.#rpm > 0.95 * operation.rpm && this.#cycle.elapsedS > 2.5;
    const feedMmPerMin = isCutting ? (operation.feedMmPerMin * this.#feedOverride) / 100 : 0;
    const wear = Math.min(1.6, tool.wear + (faults.get('tool-wear') ?? 0));
    const specificForce = cutting.wornForce(operation.specificForce, wear);
    const ideal = isCutting
      ? cutting.millingPowerKw({ ...operation, feedMmPerMin, specificForce }, SPINDLE_EFFICIENCY)
      : 0;
    const broken = faults.get('tool-break') ? 0.25 : 1;
    if (isCutting) this.#tools.wearOut(this.#rpm, dtS);
    this.#toolpath.step(dtS, isCutting ? feedMmPerMin : 0, phase);
    const spinning = 0.35 * (this.#rpm / 8000);
    return { isCutting, feedMmPerMin, powerKw: this.#power.step(ideal * broken + spinning, dtS) };
  }

  #electricPowerKw(cut: Cut): number {
    const { phase, running } = this.#cycle;
    const ready = running && phase !== 'loading' && phase !== 'unloading' && phase !== 'setup';
    return BASIC_KW + (ready ? READY_KW : READY_KW * 0.45) + cut.powerKw;
  }

  #heat(
    cut: Cut,
    powerKw: number,
    dtS: number,
    around: { readonly ambientC: number; readonly faults: Faults },
  ): void {
    const lost = around.faults.get('cooling-loss') ?? 0;
    const bearing = around.faults.get('bearing') ?? 0;
    const speedHeat = (14 + 30 * bearing) * (this.#rpm / 6000);
    this.#spindleHeat.step(around.ambientC + (speedHeat + 5 * cut.powerKw) * (1 + 1.5 * lost), dtS);
    this.#coolantHeat.step(around.ambientC + 1.1 * powerKw + 8 * lost, dtS);
    this.#coolantLevel -= cut.isCutting ? 0.0006 * dtS : 0;
    if (this.#coolantLevel < 55) this.#coolantLevel = 90;
  }

  #airDemand(cut: Cut): number {
    const { phase, running } = this.#cycle;
    const sealing = 0.08;
    const blowing = running && (phase === 'unloading' || phase === 'tool-change') ? 0.55 : 0;
    return sealing + blowing + (cut.isCutting ? 0.12 : 0);
  }

  #partDone(): void {
    const finisher = this.#tools.wearOf(9);
    const sharp = this.#cycle.programme.sharpRoughnessUm;
    const roughness = cutting.roughnessUm(sharp, finisher) * (1 + 0.06 * this.#quality.gaussian());
    const outOfSize = this.#quality.next() < 0.008 + 0.02 * finisher * finisher;
    const good = roughness <= SCRAP_ABOVE_UM && !outOfSize;
    if (good) this.#good += 1;
    else this.#scrap += 1;
    const total = this.#lifetimeAtStart + this.#good + this.#scrap;
    this.values.lastRoughness = quantize(roughness, 0.001);
    this.values.lastPartGood = good;
    this.values.lastPart = `${this.#cycle.programme.article}-${String(total).padStart(7, '0')}`;
    this.values.lastCycleTime = quantize(this.#cycle.lastCycleS, 0.1);
    this.#tools.replaceWorn();
  }

  #publishStates(): void {
    const values = this.values;
    const { phase, running, stopReason } = this.#cycle;
    const executing = running && phase !== 'setup' && phase !== 'warm-up';
    values.itemState = stopReason === 'alarm' ? 'OutOfService' : executing ? 'Executing' : 'NotExecuting';
    values.operationMode = phase === 'setup' ? 'Setup' : phase === 'warm-up' ? 'None' : 'Processing';
    values.powerOnDuration = Math.round(this.#onS * 1000);
    values.machineMode = phase === 'setup' ? 2 : 1;
    values.machineFeedOverride = this.#feedOverride;
    values.channelFeedOverride = this.#feedOverride;
    values.spindleOverride = 100;
    values.powerOnHours = 41_200 + Math.floor(this.#onS / 3600);
    values.isWarmUp = phase === 'warm-up';
    const active = phase === 'cutting' || phase === 'tool-change';
    values.channelState = active ? (running ? 0 : 1) : 2;
    values.channelMode = phase === 'setup' ? 2 : 0;
    values.programState = active ? (running ? 'Running' : 'Interrupted') : 'Ended';
    values.alarmCode = stopReason === 'alarm' ? 700_204 : stopReason === 'air' ? 510_011 : 0;
    values.signalTower = stopReason === 'alarm' || stopReason === 'air' ? 1 : executing ? 4 : 2;
    values.doorClosed = active || phase === 'warm-up';
  }

  #publishProduction(cut: Cut): void {
    const values = this.values;
    const { programme, operation } = this.#cycle;
    const progress = this.#cycle.progress;
    values.programName = programme.name;
    values.programNumber = this.#cycle.operationIndex;
    values.operationName = operation.name;
    if (cut.isCutting) this.#block = 10 + 10 * Math.floor(progress * 420);
    values.blockNumber = this.#block;
    values.progress = Math.fround(quantize(progress * 100, 0.1));
    values.partsInLifetime = this.#lifetimeAtStart + this.#good + this.#scrap;
    values.goodParts = BigInt(this.#good);
    values.scrapParts = BigInt(this.#scrap);
    const tool = this.#tools.active;
    values.toolNumber = tool.number;
    values.toolName = tool.name;
    values.toolWear = quantize(tool.wear * 100, 0.01);
    values.toolLife = quantize(this.#tools.remainingLifeMin(operation.rpm), 0.01);
    values.magazine = this.#tools.pockets;
  }

  #publishSpindle(cut: Cut, faults: Faults): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      Math.max(0, quantize(value + deviation * this.#noise.gaussian(), resolution));
    const tool = this.#tools.active;
    values.isRotating = this.#rpm > 1;
    values.spindleSpeed = this.#rpm === 0 ? 0 : noisy(this.#rpm, 1.2, 0.1);
    const power = cut.powerKw * (cut.isCutting ? 1 + 0.03 * this.#noise.gaussian() : 1);
    values.spindlePower = noisy(power, 0.004, 0.001);
    values.spindleLoad = noisy((100 * power) / this.#ratedKw, 0.05, 0.01);
    values.spindleTorque = noisy(cutting.torqueNm(power, this.#rpm), 0.02, 0.01);
    values.spindleTemperature = noisy(this.#spindleHeat.value, 0.03, 0.01);
    values.toothPass = quantize(cutting.toothPassHz(this.#rpm, tool.teeth), 0.01);
    values.feedRate = quantize(this.#toolpath.feedMmPerMin, 0.1);
    const bearing = faults.get('bearing') ?? 0;
    const rotation = (this.#rpm / 6000) ** 2 * (0.7 + 3.5 * bearing);
    const chatter = cut.isCutting ? 0.25 * cut.powerKw * (1 + 2.2 * tool.wear) : 0;
    const vibration = 0.08 + rotation + chatter;
    values.spindleVibration = noisy(vibration, 0.02 + 0.03 * vibration, 0.001);
    values.vibrationSpectrum = this.#spectrum(rotation, chatter, tool.teeth);
    this.#publishAxes(cut);
  }

  /** Lines at the rotation (band 1) and at the tooth-passing order, over a floor. */
  #spectrum(rotation: number, chatter: number, teeth: number): readonly number[] {
    return Array.from({ length: 16 }, (_, band) => {
      const line = band === 1 ? rotation : band === Math.min(15, teeth) ? chatter : 0;
      return Math.fround(quantize((0.02 + line) * (1 + 0.08 * Math.abs(this.#noise.gaussian())), 1e-4));
    });
  }

  #publishAxes(cut: Cut): void {
    const values = this.values;
    const { x, y, z } = this.#toolpath.position;
    values.positionX = quantize(x, 0.001);
    values.positionY = quantize(y, 0.001);
    values.positionZ = quantize(z, 0.001);
    const load = (base: number): number =>
      Math.fround(Math.max(0, quantize(base + 3.2 * cut.powerKw + 0.4 * this.#noise.gaussian(), 0.1)));
    values.loadX = load(9);
    values.loadY = load(8);
    values.loadZ = load(17);
    // The controller's thermal compensation, in nanometres: 11 µm per kelvin of spindle nose.
    values.correction = BigInt(Math.round(-11_000 * (this.#spindleHeat.value - 24)));
  }

  #publishAuxiliaries(
    use: { readonly cut: Cut; readonly powerKw: number; readonly airM3PerMin: number },
    surroundings: Surroundings,
  ): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      quantize(value + deviation * this.#noise.gaussian(), resolution);
    values.coolantOn = use.cut.isCutting;
    values.coolantTemperature = noisy(this.#coolantHeat.value, 0.02, 0.01);
    values.coolantLevel = quantize(this.#coolantLevel, 0.1);
    values.coolantPressure = use.cut.isCutting ? noisy(16, 0.08, 0.01) : 0;
    values.hydraulicPressure = noisy(61, 0.15, 0.01);
    values.airPressure = noisy(surroundings.airPressureBar - 0.12 * use.airM3PerMin, 0.004, 0.001);
    values.airFlow = Math.max(0, noisy(use.airM3PerMin, 0.002, 0.001));
    values.activePower = noisy(use.powerKw, 0.006, 0.001);
    values.energy = this.#meter.registerWh;
  }
}
