/**
 * Robot joints: torque = inertia + gravity + Coulomb + viscous friction; current = torque / (N x Kt). [K] What the motor takes is the
 * work at the joint and its own losses; what the joint does not keep as kinetic or potential energy is friction.
 */
import type { JointThermal } from './joint-heat.ts';

export interface Joint {
  /** Moment of inertia seen at the joint, kg m². */
  readonly inertia: number;
  /** Torque of gravity at its worst attitude, with the tool, N·m. */
  readonly gravityNm: number;
  readonly coulombNm: number;
  /** N·m per rad/s. */
  readonly viscous: number;
  readonly gearRatio: number;
  /** Torque constant of the motor, N·m/A. */
  readonly torqueConstant: number;
  readonly ratedTorqueNm: number;
  /** Of one phase of the motor's winding. */
  readonly windingOhm: number;
  /** Hysteresis, eddy currents, bearings and seals at the motor's rated speed. */
  readonly ironW: number;
  /** Coil that keeps the holding brake open. */
  readonly brakeW: number;
  readonly thermal: JointThermal;
}

/** What one axis does at an instant; W, A, N·m. */
export interface AxisLoad {
  readonly torqueNm: number;
  readonly currentA: number;
  /** Given to the arm's motion and height, negative when it comes back. */
  readonly storedW: number;
  readonly frictionW: number;
  readonly copperW: number;
  readonly ironW: number;
}

export interface JointMotion {
  /** rad, rad/s, rad/s² */
  readonly angle: number;
  readonly speed: number;
  readonly acceleration: number;
}

export interface JointFriction {
  /** 1 = as designed; grease lost: 1.3. */
  readonly viscous: number;
  /** 1 = as designed; flanks that touch for want of grease: 3. */
  readonly coulomb: number;
  /** Share of the design's gravity and inertia: payload. */
  readonly load: number;
}

export const HEALTHY: JointFriction = { viscous: 1, coulomb: 1, load: 1 };

/**
 * A joint that loses its grease, 0..1: what is left drags more, +30 % in the end; from half on the film tears and the flanks of
 * the teeth touch, three times the dry friction in the end (an estimate: published test stands show between two and five times).
 */
export const greaseLost = (share: number): Pick<JointFriction, 'viscous' | 'coulomb'> => ({
  viscous: 1 + 0.3 * share,
  coulomb: 1 + 2 * Math.max(0, 2 * share - 1),
});

const frictionNm = (joint: Joint, speed: number, { viscous, coulomb }: JointFriction): number =>
  Math.sign(speed) * joint.coulombNm * coulomb + joint.viscous * viscous * speed;

/** N·m at the joint. */
export function jointTorque(joint: Joint, motion: JointMotion, state: JointFriction): number {
  const gravity = joint.gravityNm * Math.sin(motion.angle) * state.load;
  return joint.inertia * state.load * motion.acceleration + gravity + frictionNm(joint, motion.speed, state);
}

/** What a controller that reckons with the designed friction has to make up for: share of the rated torque. */
export const disturbance = (joint: Joint, { speed }: JointMotion, state: JointFriction): number =>
  Math.abs(frictionNm(joint, speed, state) - frictionNm(joint, speed, HEALTHY)) / joint.ratedTorqueNm;

/** A. */
export const motorCurrent = (joint: Joint, torqueNm: number): number =>
  torqueNm / (joint.gearRatio * joint.torqueConstant);

const RATED_RAD_PER_S = 314;

/** Torque, current and where the power of an axis goes: its motor takes storedW + frictionW + copperW + ironW. */
export function axisLoad(joint: Joint, motion: JointMotion, state: JointFriction): AxisLoad {
  const torqueNm = jointTorque(joint, motion, state);
  const currentA = motorCurrent(joint, torqueNm);
  const speed = Math.abs(motion.speed);
  const frictionW = Math.abs(frictionNm(joint, motion.speed, state)) * speed;
  const turning = (speed * joint.gearRatio) / RATED_RAD_PER_S;
  return {
    torqueNm,
    currentA,
    storedW: torqueNm * motion.speed - frictionW,
    frictionW,
    copperW: 3 * currentA * currentA * joint.windingOhm,
    ironW: joint.ironW * turning ** 1.5,
  };
}

/** Brakes closed: they hold the arm, and the motor is without current. */
export const HELD: AxisLoad = {
  torqueNm: 0,
  currentA: 0,
  storedW: 0,
  frictionW: 0,
  copperW: 0,
  ironW: 0,
};

/** Between two angles in a time, resting at both ends: cosine profile. `share` of the time, 0..1. */
export function moveBetween(from: number, to: number, share: number, seconds: number): JointMotion {
  const phase = Math.PI * Math.max(0, Math.min(1, share));
  const half = (to - from) / 2;
  const omega = Math.PI / seconds;
  return {
    angle: from + half * (1 - Math.cos(phase)),
    speed: share > 0 && share < 1 ? half * omega * Math.sin(phase) : 0,
    acceleration: share > 0 && share < 1 ? half * omega * omega * Math.cos(phase) : 0,
  };
}

const LARGE: JointThermal = {
  motorKjPerK: 4.2,
  gearKjPerK: 10,
  motorToAir: 0.0012,
  motorToGear: 0.002,
  gearToAir: 0.0016,
};
const SMALL: JointThermal = {
  motorKjPerK: 1.7,
  gearKjPerK: 4.5,
  motorToAir: 0.0006,
  motorToGear: 0.0011,
  gearToAir: 0.0008,
};

/** A medium six-axis robot, 10 kg payload class. */
export const JOINTS: readonly Joint[] = [
  joint([42, 0, 26, 44], [121, 1.05, 900], 0.86),
  joint([48, 310, 30, 260], [121, 1.05, 950], 0.83),
  joint([19, 140, 18, 26], [101, 0.92, 520], 1.17),
  joint([1.6, 8, 5, 5.2], [81, 0.48, 110], 2.1),
  joint([1.1, 14, 4.2, 4.4], [81, 0.42, 95], 1.9),
  joint([0.5, 0, 3, 2.6], [51, 0.36, 55], 1.5),
];

type Arm = readonly [inertia: number, gravityNm: number, coulombNm: number, viscous: number];
type Motor = readonly [gearRatio: number, torqueConstant: number, ratedTorqueNm: number];

function joint(arm: Arm, motor: Motor, windingOhm: number): Joint {
  const [inertia, gravityNm, coulombNm, viscous] = arm;
  const [gearRatio, torqueConstant, ratedTorqueNm] = motor;
  const isLarge = ratedTorqueNm > 200;
  const size = isLarge ? { ironW: 30, brakeW: 18, thermal: LARGE } : { ironW: 12, brakeW: 9, thermal: SMALL };
  return {
    inertia,
    gravityNm,
    coulombNm,
    viscous,
    gearRatio,
    torqueConstant,
    ratedTorqueNm,
    windingOhm,
    ...size,
  };
}
