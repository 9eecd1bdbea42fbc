import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged } from '../../model/work-cycle.ts';
import type { VisionParameters } from './parameters.ts';
import type { VisionSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { clamp, FirstOrderLag, quantize } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { ThermalMass } from '../../model/thermal-mass.ts';
import { initialValues } from '../../model/values.ts';
import { WorkCycle } from '../../model/work-cycle.ts';
import * as optics from './optics.ts';
import { probit } from './probit.ts';
import { DEFECT_CLASSES, UNCLEAR, VISION_SIGNALS, VISION_STATES } from './signals.ts';

const PROCESSOR_KW = 0.055;
const CAMERA_KW = 0.006;
const SCORE_LIMIT = 62;
/** Points of the score for each deviation of the evidence. */
const SCORE_PER_DEVIATION = 8;
const RIM_MM = 20;
const TOLERANCE_MM = 0.15;
/** A piece leaves so much of a film on the lens, the hall's dust so much an hour. Wiped at the start of a shift and after a break. */
const DIRT_PER_PIECE = 4e-5;
const DIRT_PER_HOUR = 0.004;
/** The aged lamp of the fault: as after a second L70 and a half. */
const AGED_LAMP_H = 80_000;

const NOTHING_INSPECTED = {
  Serial: 0,
  Order: '',
  Time: new Date(0).toISOString(),
  Accepted: false,
  Score: 0,
  Defect: '',
  DiameterMm: [],
};

/**
 * Camera check: lamp (age, heat, current) and lens (dirt) make the picture, the picture's contrast and noise decide what is seen of a
 * flaw and what is taken for one; sizes are measured, as true as the warm optics are.
 */
export class VisionModel implements MachineModel<VisionSignal> {
  readonly signals = VISION_SIGNALS;
  readonly values: Record<VisionSignal, SignalValue>;
  private readonly own: VisionParameters;
  private readonly noise: SensorNoise;
  private readonly eye: Random;
  private readonly work: WorkCycle;
  private readonly camera = new ThermalMass(30, 0.24, 0.0004);
  private readonly lamp = new ThermalMass(30, 0.9, 0.0018);
  private readonly busy = new FirstOrderLag(0, 8);
  private readonly meter = new EnergyMeter(840_000n);
  private readonly rejects = DEFECT_CLASSES.map(() => 0);
  /** Evidence above which a piece is rejected, and what a flaw shows as designed; in deviations of a good picture. */
  private readonly threshold: number;
  private readonly flawShown: number;
  private lampH: number;
  private lampA = optics.NOMINAL_LAMP_A;
  private lux = optics.NOMINAL_LUX;
  private exposureMs = optics.NOMINAL_EXPOSURE_MS;
  private film = 0.01;
  private wasAttended = false;
  private picture = optics.takePicture(optics.NOMINAL_LUX, optics.NOMINAL_EXPOSURE_MS, 0, 35);
  private lastScore = 0;
  private lastSizes: readonly number[] = [];
  private onS = 0;

  constructor(parameters: VisionParameters, context: ModelContext) {
    this.values = { ...initialValues(VISION_SIGNALS), lastInspection: { structure: NOTHING_INSPECTED } };
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.eye = context.random('eye');
    this.threshold = -probit(parameters.falseRejects);
    this.flawShown = this.threshold + probit(parameters.sensitivity);
    this.lampH = parameters.lampHours;
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
    this.look(dtS, surroundings, faults);
    const finished = this.work.step(dtS, { shift, material, obstacle: '', pace: 1 });
    this.film = Math.min(1, this.film + DIRT_PER_PIECE * finished.length);
    for (const part of finished) this.publishResult(part, surroundings.timeMs);
    this.busy.step(this.work.state === 'producing' ? 1 : 0, dtS);
    // Between pieces the lamp is dimmed; its brightness is that of the last flash.
    const lampKw = ((optics.LAMP_V * this.lampA) / 1000) * (0.4 + 0.6 * this.busy.value);
    const cameraKw = CAMERA_KW + 0.002 * this.busy.value;
    const powerKw = PROCESSOR_KW + 0.1 * this.busy.value + cameraKw + lampKw;
    // The lamp shines on the camera's housing, too. A third of what a lamp takes leaves it as light.
    this.camera.step(cameraKw + 0.02 * lampKw, ambientC, dtS);
    this.lamp.step(0.67 * lampKw, ambientC, dtS);
    this.meter.step(powerKw, dtS);
    this.publishState();
    this.publishDevice(powerKw);
    const isRejecting = finished.length > 0 && !this.isAccepted;
    return { powerKw, airM3PerMin: isRejecting ? 0.4 : 0.01, work: this.work };
  }

  /** Lamp, lens and camera as they are now. */
  private look(dtS: number, { shift }: Surroundings, faults: Faults): void {
    const hours = dtS / 3600;
    this.lampH += hours;
    this.film = Math.min(1, this.film + DIRT_PER_HOUR * hours);
    const ageing = optics.lampAgeing(this.lampH + AGED_LAMP_H * (faults.get('lamp-aged') ?? 0));
    const isAttended = shift === 'working';
    if (isAttended && !this.wasAttended) this.service(ageing);
    this.wasAttended = isAttended;
    const dirt = Math.min(1, this.film + (faults.get('dirty-lens') ?? 0));
    this.lux = optics.illuminance(this.lampA, ageing, this.lamp.temperatureC);
    this.exposureMs = optics.exposureFor(this.lux, dirt);
    this.picture = optics.takePicture(this.lux, this.exposureMs, dirt, this.camera.temperatureC);
  }

  /** Who comes to the station wipes the lens and sets the lamp by a white card, as far as its driver goes. */
  private service(ageing: number): void {
    this.film = 0.005;
    const perAmpere = optics.illuminance(1, ageing, this.lamp.temperatureC);
    this.lampA = clamp(optics.NOMINAL_LUX / perAmpere, 1, optics.HIGHEST_LAMP_A);
  }

  private get isAccepted(): boolean {
    return this.lastScore >= SCORE_LIMIT;
  }

  /** Evidence of a flaw against the limit, and the rim's measured diameters against the tolerance. */
  private judge(part: Part): Judged {
    const { contrast, noise, veil } = this.picture;
    const isVisible = part.defect !== '' && part.defect !== 'size';
    const evidence = (isVisible ? this.flawShown * contrast : 0) + veil + noise * this.eye.gaussian();
    // Three diameters of the rim, 120 degrees apart.
    this.lastSizes = [0, 1, 2].map(() =>
      this.noise.read(optics.measuredMm(RIM_MM + part.sizeMm, this.camera.temperatureC), 0.008, 0.001),
    );
    const off = Math.max(...this.lastSizes.map((size) => Math.abs(size - RIM_MM)));
    // Out of tolerance counts as one deviation beyond the limit for each hundredth.
    const outside = off > TOLERANCE_MM ? 1 + (off - TOLERANCE_MM) / 0.01 : -Infinity;
    const beyond = Math.max(evidence - this.threshold, outside);
    this.lastScore = clamp(SCORE_LIMIT - SCORE_PER_DEVIATION * beyond, 0, 100);
    const scrap = !this.isAccepted;
    if (scrap) this.rejects[DEFECT_CLASSES.indexOf(part.defect)]! += 1;
    return { part, scrap };
  }

  private publishResult(part: Part, timeMs: number): void {
    const { values } = this;
    const { isAccepted } = this;
    values.lastResult = isAccepted;
    values.lastDefect = isAccepted ? '' : part.defect || UNCLEAR;
    values.lastSerial = part.serial;
    values.lastScore = quantize(this.lastScore, 0.1);
    // A poor picture is looked at again, region by region.
    const { contrast, noise } = this.picture;
    values.inferenceTime = this.noise.positive(64 * clamp(noise / Math.max(0.1, contrast), 0.8, 4), 2, 0.1);
    values.rejectsByClass = [...this.rejects];
    values.lastInspection = {
      structure: {
        Serial: part.serial,
        Order: part.order,
        Time: new Date(timeMs).toISOString(),
        Accepted: isAccepted,
        Score: values.lastScore,
        Defect: values.lastDefect,
        DiameterMm: [...this.lastSizes],
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

  private publishDevice(powerKw: number): void {
    const { values, noise } = this;
    values.exposure = noise.positive(this.exposureMs, 0.02, 0.01);
    const { contrast, noise: grain } = this.picture;
    values.sharpness = noise.positive(clamp((94 * contrast) / grain ** 0.25, 0, 100), 0.3, 0.1);
    values.cameraTemperature = noise.read(this.camera.temperatureC, 0.05, 0.1);
    values.brightness = noise.positive(this.lux, 25, 1);
    values.lampCurrent = Math.fround(noise.positive(this.lampA, 0.003, 0.001));
    values.processorLoad = noise.positive(18 + 42 * this.busy.value, 0.8, 0.1);
    values.activePower = noise.positive(powerKw, 0.001, 0.001);
    values.energy = this.meter.registerWh;
  }
}
