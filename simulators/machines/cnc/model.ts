import type { CncParameters } from './parameters.ts';
import type { CncSignal } from './signals.ts';
import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { Judged } from '../../model/work-cycle.ts';
import type { SignalValue } from '../../model/signal.ts';
import * as cutting from './cutting.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize, ramp } from '../../model/lag.ts';
import { initialValues } from '../../model/values.ts';
import { JobCycle } from './job-cycle.ts';
import { JobList } from './job-list.ts';
import { AIR_LOW, CNC_SIGNALS, TOOL_BROKEN } from './signals.ts';
import { Toolpath } from './toolpath.ts';
import { ToolSet } from './tool-set.ts';

const SPINDLE_EFFICIENCY = 0.8;
/** Controller, fans, hydraulics: always on. Then what stands ready while the machine works. */
export const BASIC_KW = 1.9;
export const READY_KW = 2.2;
const SPINDLE_RPM_PER_S = 2600;
const AIR_LOW_BAR = 5.2;
const SCRAP_ABOVE_UM = 1.6;
const TOLERANCE_MM = 0.05;
const REPEATABILITY_MM = 0.018;
const WEAR_MM = 0.014;
const GROWTH_MM_PER_K = 0.011;
/** The controller's compensation follows a model of the spindle, not the spindle. */
const UNCOMPENSATED = 0.04;
/** The tool breakage sensor looks at the tool when it comes back; then somebody has to come. */
const BREAK_SEEN_AFTER_S = 12;
const BREAK_REPAIR_S = 420;

interface Cut {
  readonly isCutting: boolean;
  readonly powerKw: number;
  readonly feedMmPerMin: number;
}

/** Machining centre: job cycle -> cutting power with wear -> heat, vibration, roughness, scrap. */
export class CncModel implements MachineModel<CncSignal> {
  readonly signals = CNC_SIGNALS;
  readonly values: Record<CncSignal, SignalValue>;
  private readonly ratedKw: number;
  private readonly noise: Random;
  private readonly quality: Random;
  private readonly operator: Random;
  private readonly cycle: JobCycle;
  private readonly tools: ToolSet;
  private readonly toolpath = new Toolpath();
  private readonly spindleHeat = new FirstOrderLag(24, 1200);
  private readonly coolantHeat = new FirstOrderLag(22, 2400);
  private readonly power = new FirstOrderLag(0, 0.25);
  private readonly meter: EnergyMeter;
  private readonly lifetimeAtStart: number;
  private rpm = 0;
  private feedOverride = 100;
  private nextOverrideS = 300;
  private coolantLevel = 84;
  /** Wear that the cut truly has: of the tool, and what was injected. */
  private wear = 0;
  private injectedWear = 0;
  private roughness = 0;
  private brokenS = -1;
  private breakInjected = false;
  private onS = 0;
  private block = 10;
  private timeMs = 0;
  private readonly jobs = new JobList();
  private tableOf = { active: -1, wear: '' };

  constructor(parameters: CncParameters, context: ModelContext) {
    this.values = initialValues(CNC_SIGNALS);
    this.ratedKw = parameters.spindleRatedKw;
    this.noise = context.random('noise');
    this.quality = context.random('quality');
    this.operator = context.random('operator');
    this.cycle = new JobCycle({
      random: context.random('cycle'),
      alarmsPerHour: parameters.alarmsPerHour,
      finish: (part) => this.judge(part),
    });
    this.tools = new ToolSet(parameters.initialWear);
    this.lifetimeAtStart = parameters.partsInLifetime;
    this.meter = new EnergyMeter(BigInt(parameters.partsInLifetime) * 640n);
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    this.timeMs = surroundings.timeMs;
    this.operate(dtS);
    const { shift, material } = surroundings;
    const obstacle = surroundings.airPressureBar < AIR_LOW_BAR ? AIR_LOW : '';
    this.breakTool(dtS, faults.get('tool-break') ?? 0);
    const pace = this.feedOverride / 100;
    const finished = this.cycle.step(dtS, { shift, material, obstacle, pace });
    const cut = this.cut(dtS, faults);
    const powerKw = this.electricPowerKw(cut);
    this.heat(cut, powerKw, dtS, { ambientC: surroundings.ambientC, faults });
    this.meter.step(powerKw, dtS);
    for (const part of finished) this.publishPart(part);
    const airM3PerMin = this.airDemand(cut);
    this.publishStates();
    this.publishProduction(cut);
    this.publishSpindle(cut, faults);
    this.publishAuxiliaries({ cut, powerKw, airM3PerMin }, surroundings);
    return { powerKw, airM3PerMin, work: this.cycle.work };
  }

  /** A break happens once, in the cut; it is seen a moment later, and then repaired with a new tool. */
  private breakTool(dtS: number, severity: number): void {
    if (severity <= 0) this.breakInjected = false;
    if (severity > 0 && !this.breakInjected && this.cycle.phase === 'cutting') {
      this.breakInjected = true;
      this.brokenS = 0;
    }
    if (this.brokenS < 0) return;
    this.brokenS += dtS;
    if (this.brokenS < BREAK_SEEN_AFTER_S) return;
    this.cycle.work.stop(TOOL_BROKEN, BREAK_REPAIR_S);
    this.cycle.work.inWork = this.cycle.work.inWork.map((part) => ({ ...part, defect: 'size', sizeMm: 0.4 }));
    this.tools.active.wear = 0;
    this.brokenS = -1;
  }

  /** Now and then the operator turns the feed override. */
  private operate(dtS: number): void {
    this.nextOverrideS -= dtS;
    if (this.nextOverrideS > 0) return;
    this.nextOverrideS = 240 + 900 * this.operator.next();
    this.feedOverride = [80, 90, 100, 100, 100, 110][this.operator.integer(0, 5)]!;
  }

  private cut(dtS: number, faults: Faults): Cut {
    const { operation, phase, running } = this.cycle;
    const tool = this.tools.select(operation.tool);
    const wanted = running && phase === 'cutting' ? operation.rpm : phase === 'warm-up' && running ? 3000 : 0;
    this.rpm = ramp(this.rpm, wanted, SPINDLE_RPM_PER_S * dtS);
    const isCutting =
      running && phase === 'cutting' && this.rpm > 0.95 * operation.rpm && this.cycle.elapsedS > 2.5;
    const feedMmPerMin = isCutting ? (operation.feedMmPerMin * this.feedOverride) / 100 : 0;
    this.wear = Math.min(1.8, tool.wear + (faults.get('tool-wear') ?? 0));
    this.injectedWear = faults.get('tool-wear') ?? 0;
    const specificForce = cutting.wornForce(operation.specificForce, this.wear);
    const ideal = isCutting
      ? cutting.millingPowerKw({ ...operation, feedMmPerMin, specificForce }, SPINDLE_EFFICIENCY)
      : 0;
    const broken = this.brokenS >= 0 ? 0.12 : 1;
    if (isCutting) this.tools.wearOut(this.rpm, dtS);
    this.toolpath.step(dtS, isCutting ? feedMmPerMin : 0, phase);
    // A failing bearing takes half as much again to turn.
    const spinning = 0.35 * (this.rpm / 8000) * (1 + 0.5 * (faults.get('bearing') ?? 0));
    return { isCutting, feedMmPerMin, powerKw: this.power.step(ideal * broken + spinning, dtS) };
  }

  private electricPowerKw(cut: Cut): number {
    const { phase, running } = this.cycle;
    const ready = running && (phase === 'cutting' || phase === 'tool-change' || phase === 'warm-up');
    return BASIC_KW + (ready ? READY_KW : READY_KW * 0.45) + cut.powerKw;
  }

  private heat(
    cut: Cut,
    powerKw: number,
    dtS: number,
    around: { readonly ambientC: number; readonly faults: Faults },
  ): void {
    const lost = around.faults.get('cooling-loss') ?? 0;
    const bearing = around.faults.get('bearing') ?? 0;
    const speedHeat = (14 + 30 * bearing) * (this.rpm / 6000);
    this.spindleHeat.step(around.ambientC + (speedHeat + 5 * cut.powerKw) * (1 + 1.5 * lost), dtS);
    this.coolantHeat.step(around.ambientC + 1.1 * powerKw + 8 * lost, dtS);
    this.coolantLevel -= cut.isCutting ? 0.0006 * dtS : 0;
    if (this.coolantLevel < 55) this.coolantLevel = 90;
  }

  private airDemand(cut: Cut): number {
    const { phase, running } = this.cycle;
    const sealing = 0.08;
    const blowing = running && (phase === 'unloading' || phase === 'tool-change') ? 0.55 : 0;
    return sealing + blowing + (cut.isCutting ? 0.12 : 0);
  }

  private judge(part: Part): Judged {
    const finisher = Math.min(1.8, this.tools.wearOf(9) + this.injectedWear);
    const sharp = this.cycle.programme.sharpRoughnessUm;
    this.roughness = cutting.roughnessUm(sharp, finisher) * (1 + 0.06 * this.quality.gaussian());
    const sizeMm = part.defect === 'size' ? part.sizeMm : this.sizeMm(finisher);
    const outOfSize = Math.abs(sizeMm) > TOLERANCE_MM;
    const defect = part.defect || (this.roughness > SCRAP_ABOVE_UM ? 'rough' : outOfSize ? 'size' : '');
    this.tools.replaceWorn();
    return { part: { ...part, defect, sizeMm }, scrap: defect !== '' };
  }

  /** A worn edge leaves stock, a warm spindle that is not quite compensated takes more; the rest is chance. */
  private sizeMm(wear: number): number {
    const grown = GROWTH_MM_PER_K * UNCOMPENSATED * (this.spindleHeat.value - 24);
    return WEAR_MM * wear - grown + REPEATABILITY_MM * this.quality.gaussian();
  }

  private publishPart(part: Part): void {
    const { good, scrap, lastCycleS } = this.cycle.work;
    const total = this.lifetimeAtStart + good + scrap;
    this.values.lastRoughness = quantize(this.roughness, 0.001);
    this.values.lastPartGood = part.defect === '';
    this.values.lastPart = `${part.article}-${String(total).padStart(7, '0')}`;
    this.values.lastCycleTime = quantize(lastCycleS, 0.1);
  }

  private publishStates(): void {
    const values = this.values;
    const { phase, running, work } = this.cycle;
    const alarm = work.state === 'fault';
    const executing = work.state === 'producing';
    values.itemState = alarm ? 'OutOfService' : executing ? 'Executing' : 'NotExecuting';
    values.operationMode = phase === 'setup' ? 'Setup' : phase === 'warm-up' ? 'None' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.machineMode = phase === 'setup' ? 2 : 1;
    values.machineFeedOverride = this.feedOverride;
    values.channelFeedOverride = this.feedOverride;
    values.spindleOverride = 100;
    values.powerOnHours = 41_200 + Math.floor(this.onS / 3600);
    values.isWarmUp = phase === 'warm-up';
    const active = phase === 'cutting' || phase === 'tool-change';
    values.channelState = active ? (running ? 0 : 1) : 2;
    values.channelMode = phase === 'setup' ? 2 : 0;
    values.programState = active ? (running ? 'Running' : 'Interrupted') : 'Ended';
    values.alarmCode = alarmCodeOf(work);
    values.alarmText = alarm ? work.reason : '';
    values.signalTower = alarm ? 1 : executing ? 4 : 2;
    values.doorClosed = active || phase === 'warm-up';
  }

  private publishProduction(cut: Cut): void {
    const values = this.values;
    const { programme, operation, work } = this.cycle;
    const { progress } = work;
    values.programName = programme.name;
    values.programNumber = this.cycle.operationIndex;
    values.operationName = operation.name;
    if (cut.isCutting) this.block = 10 + 10 * Math.floor(progress * 420);
    values.blockNumber = this.block;
    values.progress = Math.fround(quantize(progress * 100, 0.1));
    values.partsInLifetime = this.lifetimeAtStart + work.good + work.scrap;
    values.goodParts = BigInt(work.good);
    values.scrapParts = BigInt(work.scrap);
    values.order = work.order;
    values.article = work.article;
    const tool = this.tools.active;
    values.toolNumber = tool.number;
    values.toolName = tool.name;
    values.toolWear = quantize(tool.wear * 100, 0.01);
    values.toolLife = quantize(this.tools.remainingLifeMin(operation.rpm), 0.01);
    values.magazine = this.tools.pockets;
    this.publishTables();
  }

  /** Made anew only when something in them changed: they are large. */
  private publishTables(): void {
    const { work } = this.cycle;
    const { active } = this.tools;
    const toolsNow = this.tools.wholePercents;
    if (active.number !== this.tableOf.active || toolsNow !== this.tableOf.wear) {
      this.tableOf = { active: active.number, wear: toolsNow };
      this.values.toolTable = { structure: this.tools.table };
    }
    if (this.jobs.follow(work, this.timeMs)) this.values.jobs = { structure: this.jobs.list };
  }

  private publishSpindle(cut: Cut, faults: Faults): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      Math.max(0, quantize(value + deviation * this.noise.gaussian(), resolution));
    const tool = this.tools.active;
    values.isRotating = this.rpm > 1;
    values.spindleSpeed = this.rpm === 0 ? 0 : noisy(this.rpm, 1.2, 0.1);
    const power = cut.powerKw * (cut.isCutting ? 1 + 0.03 * this.noise.gaussian() : 1);
    values.spindlePower = noisy(power, 0.004, 0.001);
    values.spindleLoad = noisy((100 * power) / this.ratedKw, 0.05, 0.01);
    values.spindleTorque = noisy(cutting.torqueNm(power, this.rpm), 0.02, 0.01);
    values.spindleTemperature = noisy(this.spindleHeat.value, 0.03, 0.01);
    values.toothPass = quantize(cutting.toothPassHz(this.rpm, tool.teeth), 0.01);
    values.feedRate = quantize(this.toolpath.feedMmPerMin, 0.1);
    const bearing = faults.get('bearing') ?? 0;
    const rotation = (this.rpm / 6000) ** 2 * (0.7 + 3.5 * bearing);
    const chatter = cut.isCutting ? 0.25 * cut.powerKw * (1 + 2.2 * this.wear) : 0;
    const shock = this.brokenS >= 0 ? 5 : 0;
    const vibration = 0.08 + rotation + chatter + shock;
    values.spindleVibration = noisy(vibration, 0.02 + 0.03 * vibration, 0.001);
    values.vibrationSpectrum = this.spectrum(rotation, chatter, tool.teeth);
    this.publishAxes(cut);
  }

  /** Lines at the rotation (band 1) and at the tooth-passing order, over a floor. */
  private spectrum(rotation: number, chatter: number, teeth: number): readonly number[] {
    return Array.from({ length: 16 }, (_, band) => {
      const line = band === 1 ? rotation : band === Math.min(15, teeth) ? chatter : 0;
      return Math.fround(quantize((0.02 + line) * (1 + 0.08 * Math.abs(this.noise.gaussian())), 1e-4));
    });
  }

  private publishAxes(cut: Cut): void {
    const values = this.values;
    const { x, y, z } = this.toolpath.position;
    values.positionX = quantize(x, 0.001);
    values.positionY = quantize(y, 0.001);
    values.positionZ = quantize(z, 0.001);
    // Guideways rub while they move; the head hangs on Z.
    const moving = Math.min(1, this.toolpath.feedMmPerMin / 500);
    const force = cut.isCutting ? 3.2 * cut.powerKw : 0;
    const load = (base: number, friction: number): number =>
      Math.fround(Math.max(0, quantize(base + friction * moving + force + 0.4 * this.noise.gaussian(), 0.1)));
    values.loadX = load(1.5, 7.5);
    values.loadY = load(1.5, 6.5);
    values.loadZ = load(13, 4);
    // The controller's thermal compensation, in nanometres: 11 µm per kelvin of spindle nose.
    values.correction = BigInt(Math.round(-11_000 * (this.spindleHeat.value - 24)));
  }

  private publishAuxiliaries(
    use: { readonly cut: Cut; readonly powerKw: number; readonly airM3PerMin: number },
    surroundings: Surroundings,
  ): void {
    const values = this.values;
    const noisy = (value: number, deviation: number, resolution: number): number =>
      quantize(value + deviation * this.noise.gaussian(), resolution);
    values.coolantOn = use.cut.isCutting;
    values.coolantTemperature = noisy(this.coolantHeat.value, 0.02, 0.01);
    values.coolantLevel = quantize(this.coolantLevel, 0.1);
    values.coolantPressure = use.cut.isCutting ? noisy(16, 0.08, 0.01) : 0;
    values.hydraulicPressure = noisy(61, 0.15, 0.01);
    values.airPressure = noisy(surroundings.airPressureBar - 0.12 * use.airM3PerMin, 0.004, 0.001);
    values.airFlow = Math.max(0, noisy(use.airM3PerMin, 0.002, 0.001));
    values.activePower = noisy(use.powerKw, 0.006, 0.001);
    values.energy = this.meter.registerWh;
  }
}

/** Codes as the controller shows them; 0 = none. */
function alarmCodeOf({ state, reason }: { readonly state: string; readonly reason: string }): number {
  if (state !== 'fault') return 0;
  return reason === AIR_LOW ? 510_011 : reason === TOOL_BROKEN ? 601_413 : 700_204;
}
