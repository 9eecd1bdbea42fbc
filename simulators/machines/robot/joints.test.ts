import { expect, test } from 'vitest';
import { HEALTHY, jointTorque, motorCurrent, moveBetween } from './joints.ts';

const JOINT = {
  inertia: 10,
  gravityNm: 100,
  coulombNm: 20,
  viscous: 30,
  gearRatio: 100,
  torqueConstant: 0.5,
  ratedTorqueNm: 500,
};

test('torque is inertia + gravity + Coulomb + viscous friction; current is torque / (N Kt)', () => {
  const motion = { angle: Math.PI / 2, speed: 2, acceleration: 3 };
  const torque = jointTorque(JOINT, motion, HEALTHY);
  expect(torque).toBeCloseTo(10 * 3 + 100 + 20 + 30 * 2, 10);
  expect(motorCurrent(JOINT, torque)).toBeCloseTo(210 / 50, 10);
});

test('lost grease is 30 % more viscous friction, and nothing else', () => {
  const motion = { angle: 0, speed: 2, acceleration: 0 };
  const more = jointTorque(JOINT, motion, { viscous: 1.3, load: 1 }) - jointTorque(JOINT, motion, HEALTHY);
  expect(more).toBeCloseTo(0.3 * 30 * 2, 10);
});

test('a move begins and ends at rest, and its speed is the derivative of its angle', () => {
  expect(moveBetween(0.2, 1.4, 0, 2)).toMatchObject({ angle: 0.2, speed: 0 });
  expect(moveBetween(0.2, 1.4, 1, 2).angle).toBeCloseTo(1.4, 12);
  const step = 1e-6;
  const before = moveBetween(0.2, 1.4, 0.4, 2);
  const after = moveBetween(0.2, 1.4, 0.4 + step / 2, 2);
  expect((after.angle - before.angle) / step).toBeCloseTo(before.speed, 4);
});
