import type { Draw, Faults, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { Judged, Stage } from '../../model/work-cycle.ts';
import type { AxisLoad, JointMotion } from './joints.ts';
import type { RobotParameters } from './parameters.ts';
import type { ROBOT_STAGES, RobotSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { FirstOrderLag, quantize } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { ThermalMass } from '../../model/thermal-mass.ts';
import { initialValues } from '../../model/values.ts';
import { WorkCycle } from '../../model/work-cycle.ts';
import { JointHeat } from './joint-heat.ts';
import { axisLoad, disturbance, greaseLost, HEALTHY, HELD, JOINTS, moveBetween } from './joints.ts';
import { AXES, ROBOT_SIGNALS, VACUUM_LOW } from './signals.ts';

/** Controller, safety, drives' electronics: all of it warms the cabinet. */
const CONTROLLER_KW = 0.24;
const RECTIFIER_EFFICIENCY = 0.94;
/** Standing so long, the controller closes the brakes and takes the current from the motors. */
const BRAKES_CLOSE_AFTER_S = 180;
const HOT_MOTOR_C = 105;
/** Stiffness of the position loop against what it does not reckon with. */
const DEGREES_AT_RATED_TORQUE = 0.4;
const INITIAL_C = 24;
const DEGREES = 180 / Math.PI;
const STAGE_SHARES: Readonly<Record<(typeof ROBOT_STAGES)[number], number>> = {
  approach: 0.28,
  pick: 0.12,
  transfer: 0.36,
  place: 0.12,
  retract: 0.12,
};

/** Joint angles in rad at the end of each stage. */
const POSES: Readonly<Record<string, readonly number[]>> = {
  approach: [-0.9, 0.5, 0.7, 0.1, 0.75, -0.9],
  pick: [-0.9, 0.85, 0.62, 0.1, 0.62, -0.9],
  transfer: [0.95, 0.25, 0.8, -0.15, 0.8, 1.2],
  place: [0.95, 0.8, 0.66, -0.15, 0.66, 1.2],
  retract: [0.2, 0.05, 0.95, 0, 0.9, 0],
};
const HOME = POSES['retract']!;
const STILL: readonly JointMotion[] = HOME.map((angle) => ({ angle, speed: 0, acceleration: 0 }));

interface Drive {
  readonly axes: readonly AxisLoad[];
  /** Coils of the open brakes. */
  readonly brakesKw: number;
  /** From the mains into the drives. */
  readonly powerKw: number;
}

/** Six-axis robot that hands parts on: poses -> joint motion -> torque -> current -> heat. */
export class RobotModel implements MachineModel<RobotSignal> {
  readonly signals = ROBOT_SIGNALS;
  readonly values: Record<RobotSignal, SignalValue>;
  private readonly own: RobotParameters;
  private readonly noise: SensorNoise;
  private readonly quality: Random;
  private readonly work: WorkCycle;
  private readonly joints = JOINTS.map(({ thermal }) => new JointHeat(thermal, INITIAL_C));
  private readonly cabinet = new ThermalMass(INITIAL_C, 30, 0.034);
  private readonly vacuum = new FirstOrderLag(0, 0.2);
  private readonly loads = JOINTS.map(() => new FirstOrderLag(0, 20));
  private readonly meter = new EnergyMeter(27_310_000n);
  private from: readonly number[] = HOME;
  private stage = '';
  private motion: readonly JointMotion[] = STILL;
  private pace = 1;
  private slipping = 0;
  private disturbance = 0;
  private stillS = 0;
  private onS = 0;

  constructor(parameters: RobotParameters, context: ModelContext) {
    this.values = initialValues(ROBOT_SIGNALS);
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.quality = context.random('quality');
    const stages: readonly Stage[] = Object.entries(STAGE_SHARES).map(([name, share]) => ({
      name,
      seconds: share * parameters.cycleS,
    }));
    this.work = new WorkCycle({
      random: context.random('cycle'),
      recipe: () => ({ stages, batch: 1, setupS: 25 }),
      finish: (part) => this.judge(part),
      attended: false,
      stopsPerHour: parameters.stopsPerHour,
      meanStopS: 45,
    });
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    const { shift, material, ambientC } = surroundings;
    this.slipping = faults.get('backlash') ?? 0;
    const obstacle = surroundings.airPressureBar < 4.8 ? VACUUM_LOW : '';
    const grease = faults.get('joint-grease') ?? 0;
    // The controller spares a hot motor.
    this.pace = this.joints.some(({ motorC }) => motorC > HOT_MOTOR_C) ? 0.6 : 1;
    this.work.step(dtS, { shift, material, obstacle, pace: this.pace });
    this.move();
    this.stillS = this.work.state === 'producing' ? 0 : this.stillS + dtS;
    const drive = this.drive(grease, faults.get('payload') ?? 0);
    const powerKw = CONTROLLER_KW + drive.brakesKw + drive.powerKw;
    this.heat(drive, ambientC, dtS);
    this.meter.step(powerKw, dtS);
    const gripping = this.isGripping;
    this.vacuum.step(gripping ? 780 : 0, dtS);
    this.publishStates(gripping);
    this.publishAxes(drive, dtS);
    this.publishController(powerKw);
    return { powerKw, airM3PerMin: gripping ? 0.14 : 0.01, work: this.work };
  }

  private get isGripping(): boolean {
    return this.stage === 'transfer' || (this.stage === 'pick' && this.work.state === 'producing');
  }

  private move(): void {
    if (this.work.state !== 'producing') {
      this.motion = this.motion.map(({ angle }) => ({ angle, speed: 0, acceleration: 0 }));
      return;
    }
    const { stage, stageS, stageSeconds } = this.work;
    if (stage !== this.stage) {
      this.from = this.motion.map(({ angle }) => angle);
      this.stage = stage;
    }
    const to = POSES[stage] ?? HOME;
    const share = stageSeconds > 0 ? stageS / stageSeconds : 1;
    const seconds = stageSeconds / this.pace;
    this.motion = to.map((angle, i) => moveBetween(this.from[i] ?? angle, angle, share, seconds));
  }

  private drive(grease: number, payload: number): Drive {
    if (this.stillS > BRAKES_CLOSE_AFTER_S) return { axes: JOINTS.map(() => HELD), brakesKw: 0, powerKw: 0 };
    const load = 1 + 0.1 * payload * (this.isGripping ? 1 : 0.2) * this.own.payloadKg;
    const axes = JOINTS.map((joint, i) => {
      // Grease is lost where the most load is: axis 2.
      const friction = i === 1 ? { ...greaseLost(grease), load } : { ...HEALTHY, load };
      const motion = this.motion[i] ?? STILL[i]!;
      if (i === 1) this.disturbance = disturbance(joint, motion, friction);
      return axisLoad(joint, motion, friction);
    });
    const linkW = axes.reduce((sum, { storedW, frictionW, copperW, ironW }) => {
      return sum + storedW + frictionW + copperW + ironW;
    }, 0);
    const brakesKw = JOINTS.reduce((sum, { brakeW }) => sum + brakeW, 0) / 1000;
    // A braking axis feeds its neighbours through the link; what they do not take warms the braking resistor on the roof.
    return { axes, brakesKw, powerKw: Math.max(0, linkW) / RECTIFIER_EFFICIENCY / 1000 };
  }

  private heat({ axes, brakesKw, powerKw }: Drive, ambientC: number, dtS: number): void {
    this.joints.forEach((joint, i) => {
      const { copperW = 0, ironW = 0, frictionW = 0 } = axes[i] ?? {};
      const brakeW = brakesKw > 0 ? (JOINTS[i]?.brakeW ?? 0) : 0;
      joint.step({ motorW: copperW + ironW + brakeW, gearW: frictionW }, ambientC, dtS);
    });
    this.cabinet.step(CONTROLLER_KW + (1 - RECTIFIER_EFFICIENCY) * powerKw, ambientC, dtS);
  }

  private judge(part: Part): Judged {
    const dropped = this.quality.next() < 0.001 + 0.03 * this.slipping;
    const defect = part.defect || (dropped ? 'scratch' : '');
    return { part: { ...part, defect }, scrap: dropped };
  }

  private publishStates(gripping: boolean): void {
    const { values, work } = this;
    const failed = work.state === 'fault';
    values.itemState = failed ? 'OutOfService' : work.state === 'producing' ? 'Executing' : 'NotExecuting';
    values.operationMode = work.state === 'setup' ? 'Setup' : 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.speedOverride = 100;
    values.onPath = work.state === 'producing';
    values.inControl = !failed;
    values.flangeMass = gripping ? this.own.payloadKg : 0;
    values.programLoaded = true;
    values.programName = work.article === '' ? 'MAIN' : `HANDLE_${work.article.replace('-', '_')}`;
    values.programStage = work.state === 'producing' ? work.stage : work.state;
    values.emergencyStop = false;
    values.protectiveStop = failed;
    values.operationalMode = 3;
    values.gripperClosed = gripping;
    values.handledParts = BigInt(work.good);
    values.lostParts = BigInt(work.scrap);
    values.lastCycleTime = quantize(work.lastCycleS, 0.1);
    values.plannedCycleTime = quantize(this.own.cycleS, 0.1);
    values.order = work.order;
    values.alarmText = failed ? work.reason : '';
  }

  private publishAxes(drive: Drive, dtS: number): void {
    const { values, noise } = this;
    AXES.forEach((axis, i) => {
      const { angle, speed } = this.motion[i] ?? STILL[i]!;
      const { torqueNm, currentA } = drive.axes[i] ?? HELD;
      const rated = JOINTS[i]?.ratedTorqueNm ?? 1;
      const load = this.loads[i]?.step((100 * Math.abs(torqueNm)) / rated, dtS) ?? 0;
      values[`position${axis}`] = noise.read(angle * DEGREES, 0.002, 0.001);
      values[`speed${axis}`] = speed === 0 ? 0 : noise.read(speed * DEGREES, 0.03, 0.01);
      values[`motorTemperature${axis}`] = noise.read(this.joints[i]?.motorC ?? 0, 0.05, 0.1);
      values[`loadRate${axis}`] = Math.round(load);
      values[`torque${axis}`] = noise.read(torqueNm, 0.4, 0.1);
      values[`current${axis}`] = Math.fround(noise.read(currentA, 0.01, 0.001));
    });
  }

  private publishController(powerKw: number): void {
    const { values, noise } = this;
    const fastest = Math.max(...this.motion.map(({ speed }) => Math.abs(speed)));
    const error =
      0.012 +
      0.02 * fastest +
      DEGREES_AT_RATED_TORQUE * this.disturbance +
      0.35 * this.slipping * Math.min(1, fastest);
    values.followingError = noise.positive(error, 0.002, 0.001);
    const strongest = Math.max(...this.motion.map(({ acceleration }) => Math.abs(acceleration)));
    values.vibration = noise.positive(0.12 + 0.3 * strongest * (1 + 1.5 * this.slipping), 0.02, 0.001);
    values.toolPosition = this.toolPosition();
    values.controllerTemperature = noise.read(this.cabinet.temperatureC, 0.04, 0.1);
    values.cabinetFan = noise.positive(1800 + 40 * (this.cabinet.temperatureC - 25), 6, 1);
    values.gripperVacuum = noise.positive(this.vacuum.value, 1.5, 0.1);
    values.activePower = noise.positive(powerKw, 0.004, 0.001);
    values.energy = this.meter.registerWh;
  }

  /** x, y, z of the flange in mm and its angles in degrees: arm of 700 and 750 mm on a base of 450 mm. */
  private toolPosition(): readonly number[] {
    const [q1 = 0, q2 = 0, q3 = 0, q4 = 0, q5 = 0, q6 = 0] = this.motion.map(({ angle }) => angle);
    const reach = 700 * Math.sin(q2) + 750 * Math.sin(q2 + q3);
    const height = 450 + 700 * Math.cos(q2) + 750 * Math.cos(q2 + q3);
    const place = [
      reach * Math.cos(q1),
      reach * Math.sin(q1),
      height,
      q4 * DEGREES,
      q5 * DEGREES,
      q6 * DEGREES,
    ];
    return place.map((value) => quantize(value, 0.01));
  }
}
