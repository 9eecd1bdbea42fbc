import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Defect, Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged } from '../../model/work-cycle.ts';
import type { VisionParameters } from './parameters.ts';
import type { VisionSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { clamp, FirstOrderLag, quantize } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { initialValues } from '../../model/values.ts';
import { WorkCycle } from '../../model/work-cycle.ts';
import { DEFECT_CLASSES, VISION_SIGNALS, VISION_STATES } from './signals.ts';

const IDLE_KW = 0.09;
const NOMINAL_LUX = 18_000;
const SCORE_LIMIT = 62;

const NOTHING_INSPECTED = {
  Serial: 0,
  Order: '',
  Time: new Date(0).toISOString(),
  Accepted: false,
  Score: 0,
  Defect: '',
  DiameterMm: [],
};

/** Camera check: sees what is wrong with a piece as well as its lens is clean and its lamp bright. */
export class VisionModel implements MachineModel<VisionSignal> {
  readonly signals = VISION_SIGNALS;
  readonly values: Record<VisionSignal, SignalValue>;
  private readonly own: VisionParameters;
  private readonly noise: SensorNoise;
  private readonly eye: Random;
  private readonly work: WorkCycle;
  private readonly camera = new FirstOrderLag(36, 600);
  private readonly busy = new FirstOrderLag(0, 8);
  private readonly meter = new EnergyMeter(840_000n);
  private readonly rejects = DEFECT_CLASSES.map(() => 0);
  private clarity = 1;
  private lastScore = 0;
  private onS = 0;

  constructor(parameters: VisionParameters, context: ModelContext) {
    this.values = { ...initialValues(VISION_SIGNALS), lastInspection: { structure: NOTHING_INSPECTED } };
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.eye = context.random('eye');
    const { cycleS } = parameters;
    this.work = new WorkCycle({
      random: context.random('cycle'),
      recipe: () => ({
        stages: [
          { name: 'position', seconds: 0.4 * cycleS },
          { name: 'expose', seconds: 0.2 * cycleS },
          { name: 'decide', seconds: 0.4 * cycleS },
        ],
        batch: 1,
        setupS: 8,
      }),
      finish: (part) => this.judge(part),
      attended: false,
      stopsPerHour: 0.1,
      meanStopS: 40,
    });
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    const { shift, material, ambientC } = surroundings;
    const dirt = faults.get('dirty-lens') ?? 0;
    const dim = faults.get('lamp-aged') ?? 0;
    this.clarity = (1 - 0.6 * dirt) * (1 - 0.45 * dim);
    const finished = this.work.step(dtS, { shift, material, obstacle: '', pace: 1 });
    for (const part of finished) this.publishResult(part, surroundings.timeMs);
    const isBusy = this.work.state === 'producing';
    this.busy.step(isBusy ? 1 : 0, dtS);
    const powerKw = IDLE_KW + 0.16 * this.busy.value;
    this.camera.step(ambientC + 12 + 40 * powerKw, dtS);
    this.meter.step(powerKw, dtS);
    this.publishState();
    this.publishDevice({ dim, powerKw });
    const isRejecting = finished.some(({ defect }) => defect !== '');
    return { powerKw, airM3PerMin: isRejecting ? 0.4 : 0.01, work: this.work };
  }

  /** A piece's score falls with its defect; noise grows as the picture gets worse. */
  private judge(part: Part): Judged {
    const isBad = part.defect !== '';
    const seen = isBad && this.eye.next() < this.own.sensitivity * this.clarity;
    const wrong = !isBad && this.eye.next() < this.own.falseRejects + 0.1 * (1 - this.clarity);
    const scrap = seen || wrong;
    const spread = (3 / this.clarity) * this.eye.gaussian();
    this.lastScore = clamp(
      (scrap ? 41 : 88) + (scrap ? Math.min(spread, 20) : Math.max(spread, -25)),
      0,
      100,
    );
    const defect: Defect = part.defect;
    if (scrap) this.rejects[DEFECT_CLASSES.indexOf(defect)]! += 1;
    return { part, scrap };
  }

  private publishResult(part: Part, timeMs: number): void {
    const { values } = this;
    const isAccepted = this.lastScore >= SCORE_LIMIT;
    values.lastResult = isAccepted;
    values.lastDefect = isAccepted ? '' : part.defect || 'unclear';
    values.lastSerial = part.serial;
    values.lastScore = quantize(this.lastScore, 0.1);
    values.inferenceTime = this.noise.positive(64 / Math.max(0.3, this.clarity), 2, 0.1);
    values.rejectsByClass = [...this.rejects];
    values.lastInspection = {
      structure: {
        Serial: part.serial,
        Order: part.order,
        Time: new Date(timeMs).toISOString(),
        Accepted: isAccepted,
        Score: values.lastScore,
        Defect: values.lastDefect,
        // Three diameters of the cap's rim, 120 degrees apart.
        DiameterMm: [0, 1, 2].map(() => this.noise.read(part.defect === 'size' ? 20.3 : 20, 0.01, 0.001)),
      },
    };
  }

  private publishState(): void {
    const { values, work } = this;
    const failed = work.state === 'fault';
    values.itemState = failed ? 'OutOfService' : work.state === 'producing' ? 'Executing' : 'NotExecuting';
    values.operationMode = work.state === 'setup' ? 'Setup' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    const name = failed ? 'Error' : work.state === 'producing' ? 'ContinuousExecution' : 'Ready';
    values.state = VISION_STATES.indexOf(name);
    values.recipe = work.article === '' ? '' : `CHECK_${work.article}`;
    values.order = work.order;
    values.inspected = BigInt(work.good + work.scrap);
    values.accepted = BigInt(work.good);
    values.rejected = BigInt(work.scrap);
    values.limit = SCORE_LIMIT;
  }

  private publishDevice({ dim, powerKw }: { readonly dim: number; readonly powerKw: number }): void {
    const { values, noise } = this;
    // The controller lengthens the exposure when the picture is dark.
    values.exposure = noise.positive(8 / (1 - 0.45 * dim), 0.02, 0.01);
    values.sharpness = noise.positive(91 * this.clarity, 0.4, 0.1);
    values.cameraTemperature = noise.read(this.camera.value, 0.05, 0.1);
    values.brightness = noise.positive(NOMINAL_LUX * (1 - 0.45 * dim), 40, 1);
    values.lampCurrent = Math.fround(noise.positive(1.9, 0.004, 0.001));
    values.processorLoad = noise.positive(18 + 42 * this.busy.value, 0.8, 0.1);
    values.activePower = noise.positive(powerKw, 0.001, 0.001);
    values.energy = this.meter.registerWh;
  }
}
