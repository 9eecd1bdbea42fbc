import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged } from '../../model/work-cycle.ts';
import type { OldMillParameters } from './parameters.ts';
import type { OldMillSignal } from './signals.ts';
import { millingPowerKw, wornForce } from '../cnc/cutting.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { initialValues } from '../../model/values.ts';
import { WorkCycle } from '../../model/work-cycle.ts';
import { OLD_MILL_SIGNALS } from './signals.ts';

const RPM = 355;
const EFFICIENCY = 0.62;
/** No feed control: the old gearbox idles with a third of the rated power. */
const IDLE_SHARE = 0.16;
const TOOL_LIFE_PARTS = 60;

/** An old universal mill: roughing with one cutter, worn gears, no controller worth the name. */
export class OldMillModel implements MachineModel<OldMillSignal> {
  readonly signals = OLD_MILL_SIGNALS;
  readonly values: Record<OldMillSignal, SignalValue>;
  private readonly own: OldMillParameters;
  private readonly noise: SensorNoise;
  private readonly quality: Random;
  private readonly work: WorkCycle;
  private readonly cut = new FirstOrderLag(0, 0.8);
  private readonly bearing = new FirstOrderLag(26, 700);
  private readonly oil = new FirstOrderLag(24, 1800);
  private readonly meter = new EnergyMeter(9_204_000n);
  private wear = 0.3;
  private runS = 0;

  constructor(parameters: OldMillParameters, context: ModelContext) {
    this.values = initialValues(OLD_MILL_SIGNALS);
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.quality = context.random('quality');
    const { cycleS } = parameters;
    this.work = new WorkCycle({
      random: context.random('cycle'),
      recipe: () => ({
        stages: [
          { name: 'clamp', seconds: 0.15 * cycleS },
          { name: 'cut', seconds: 0.7 * cycleS },
          { name: 'unclamp', seconds: 0.15 * cycleS },
        ],
        batch: 1,
        setupS: 240,
      }),
      finish: (part) => this.judge(part),
      attended: true,
      stopsPerHour: parameters.stopsPerHour,
      meanStopS: 120,
    });
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    const { shift, material, ambientC, supplyVoltageV } = surroundings;
    this.work.step(dtS, { shift, material, obstacle: '', pace: 1 });
    const isRunning = this.work.state === 'producing';
    const isCutting = isRunning && this.work.stage === 'cut';
    const worn = Math.min(1.8, this.wear + (faults.get('tool-wear') ?? 0));
    const bearing = faults.get('bearing') ?? 0;
    const force = wornForce(1900, worn);
    const ideal = millingPowerKw(
      { depthMm: 3, widthMm: 60, feedMmPerMin: 320, specificForce: force },
      EFFICIENCY,
    );
    const cutKw = this.cut.step(isCutting ? ideal : 0, dtS);
    const idleKw = isRunning ? IDLE_SHARE * this.own.ratedKw * (1 + 0.35 * bearing) : 0;
    const powerKw = 0.18 + idleKw + cutKw;
    if (isRunning) this.runS += dtS;
    this.bearing.step(ambientC + (isRunning ? 18 + 40 * bearing : 0) + 3 * cutKw, dtS);
    this.oil.step(ambientC + 7 * (idleKw + 0.3 * cutKw), dtS);
    this.meter.step(powerKw, dtS);
    this.publish({ isRunning, isCutting, cutKw, powerKw, supplyVoltageV, bearing, worn });
    return { powerKw, airM3PerMin: 0, work: this.work };
  }

  private judge(part: Part): Judged {
    this.wear = this.wear >= 1 ? 0 : this.wear + 1 / TOOL_LIFE_PARTS;
    const scrap = this.quality.next() < 0.01 + 0.03 * this.wear * this.wear;
    return { part: scrap ? { ...part, defect: 'size', sizeMm: 0.3 } : part, scrap };
  }

  private publish(now: {
    readonly isRunning: boolean;
    readonly isCutting: boolean;
    readonly cutKw: number;
    readonly powerKw: number;
    readonly supplyVoltageV: number;
    readonly bearing: number;
    readonly worn: number;
  }): void {
    const { values, noise, work } = this;
    const amps = ((now.powerKw - 0.18) * 1000) / (3 * now.supplyVoltageV * 0.74);
    values.spindleCurrent = Math.fround(noise.positive(amps, 0.06, 0.01));
    values.feedCurrent = Math.fround(now.isCutting ? noise.positive(1.6 + 0.3 * now.cutKw, 0.03, 0.01) : 0);
    const gears = now.isRunning ? 1.1 + 4.5 * now.bearing : 0;
    const vibration = 0.08 + gears + 0.4 * now.cutKw * (1 + now.worn);
    values.vibration = Math.fround(noise.positive(vibration, 0.06 * vibration, 0.001));
    values.bearingTemperature = Math.fround(noise.read(this.bearing.value, 0.15, 0.1));
    values.gearOil = Math.fround(noise.read(this.oil.value, 0.1, 0.1));
    values.rpm = now.isRunning ? RPM : 0;
    values.activePower = noise.positive(now.powerKw, 0.01, 0.001);
    values.energy = this.meter.registerWh;
    values.parts = work.good + work.scrap;
    values.scrap = work.scrap;
    values.spindleOn = now.isRunning;
    values.coolantOn = now.isCutting;
    values.doorSwitch = now.isCutting;
    values.lampRed = work.state === 'fault';
    values.lampGreen = now.isRunning;
    values.hours = 74_320 + Math.floor(this.runS / 3600);
  }
}
