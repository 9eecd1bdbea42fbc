/** Robot joints: torque = inertia + gravity + Coulomb + viscous friction; current = torque / (N x Kt). [K] */

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
  /** Share of the design's gravity and inertia: payload. */
  readonly load: number;
}

export const HEALTHY: JointFriction = { viscous: 1, load: 1 };

/** N·m at the joint. */
export function jointTorque(joint: Joint, motion: JointMotion, { viscous, load }: JointFriction): number {
  const gravity = joint.gravityNm * Math.sin(motion.angle) * load;
  const friction = Math.sign(motion.speed) * joint.coulombNm + joint.viscous * viscous * motion.speed;
  return joint.inertia * load * motion.acceleration + gravity + friction;
}

/** A. */
export const motorCurrent = (joint: Joint, torqueNm: number): number =>
  torqueNm / (joint.gearRatio * joint.torqueConstant);

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

/** A medium six-axis robot, 10 kg payload class. */
export const JOINTS: readonly Joint[] = [
  joint(42, 0, 26, 44, 121, 1.05, 900),
  joint(48, 310, 30, 260, 121, 1.05, 950),
  joint(19, 140, 18, 26, 101, 0.92, 520),
  joint(1.6, 8, 5, 5.2, 81, 0.48, 110),
  joint(1.1, 14, 4.2, 4.4, 81, 0.42, 95),
  joint(0.5, 0, 3, 2.6, 51, 0.36, 55),
];

function joint(...values: readonly [number, number, number, number, number, number, number]): Joint {
  const [inertia, gravityNm, coulombNm, viscous, gearRatio, torqueConstant, ratedTorqueNm] = values;
  return { inertia, gravityNm, coulombNm, viscous, gearRatio, torqueConstant, ratedTorqueNm };
}
