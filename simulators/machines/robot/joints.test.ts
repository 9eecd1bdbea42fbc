import { expect, test } from 'vitest';
import { JointHeat } from './joint-heat.ts';
import {
  axisLoad,
  disturbance,
  greaseLost,
  HEALTHY,
  JOINTS,
  jointTorque,
  motorCurrent,
  moveBetween,
} from './joints.ts';

const JOINT = {
  inertia: 10,
  gravityNm: 100,
  coulombNm: 20,
  viscous: 30,
  gearRatio: 100,
  torqueConstant: 0.5,
  ratedTorqueNm: 500,
  windingOhm: 1,
  ironW: 20,
  brakeW: 10,
  thermal: JOINTS[0]!.thermal,
};

test('torque is inertia + gravity + Coulomb + viscous friction; current is torque / (N Kt)', () => {
  const motion = { angle: Math.PI / 2, speed: 2, acceleration: 3 };
  const torque = jointTorque(JOINT, motion, HEALTHY);
  expect(torque).toBeCloseTo(10 * 3 + 100 + 20 + 30 * 2, 10);
  expect(motorCurrent(JOINT, torque)).toBeCloseTo(210 / 50, 10);
});

test('thinning grease is up to 30 % more viscous friction, and nothing else', () => {
  const motion = { angle: 0, speed: 2, acceleration: 0 };
  const more = (share: number): number =>
    jointTorque(JOINT, motion, { ...HEALTHY, ...greaseLost(share) }) - jointTorque(JOINT, motion, HEALTHY);
  expect(greaseLost(0)).toEqual({ viscous: 1, coulomb: 1 });
  expect(more(0.5)).toBeCloseTo(0.15 * 30 * 2, 10);
  expect(
    jointTorque(JOINT, motion, { ...HEALTHY, viscous: 1.3 }) - jointTorque(JOINT, motion, HEALTHY),
  ).toBeCloseTo(0.3 * 30 * 2, 10);
});

test('without grease teeth touch: three times the dry friction beside, against every motion, none at rest', () => {
  const state = { ...HEALTHY, ...greaseLost(1) };
  for (const speed of [-2, 0, 2]) {
    const motion = { angle: 0.4, speed, acceleration: 1 };
    const more = jointTorque(JOINT, motion, state) - jointTorque(JOINT, motion, HEALTHY);
    expect(more).toBeCloseTo(Math.sign(speed) * 2 * 20 + 0.3 * 30 * speed, 10);
    expect(disturbance(JOINT, motion, state)).toBeCloseTo(Math.abs(more) / 500, 10);
    expect(axisLoad(JOINT, motion, state).storedW).toBeCloseTo(axisLoad(JOINT, motion, HEALTHY).storedW, 9);
  }
});

test('a move begins and ends at rest, and its speed is the derivative of its angle', () => {
  expect(moveBetween(0.2, 1.4, 0, 2)).toMatchObject({ angle: 0.2, speed: 0 });
  expect(moveBetween(0.2, 1.4, 1, 2).angle).toBeCloseTo(1.4, 12);
  const step = 1e-6;
  const before = moveBetween(0.2, 1.4, 0.4, 2);
  const after = moveBetween(0.2, 1.4, 0.4 + step / 2, 2);
  expect((after.angle - before.angle) / step).toBeCloseTo(before.speed, 4);
});

test('over a closed path the arm keeps nothing: what the motors took is friction, copper and iron', () => {
  const poses = [-0.9, 0.4, 1.3, 0.2, -0.9];
  const steps = 2000;
  let stored = 0;
  let taken = 0;
  for (const [leg, to] of poses.slice(1).entries()) {
    for (let i = 0; i < steps; i += 1) {
      const motion = moveBetween(poses[leg]!, to, (i + 0.5) / steps, 1.5);
      const load = axisLoad(JOINT, motion, HEALTHY);
      expect(load.storedW + load.frictionW).toBeCloseTo(load.torqueNm * motion.speed, 9);
      for (const loss of [load.frictionW, load.copperW, load.ironW]) expect(loss).toBeGreaterThanOrEqual(0);
      stored += load.storedW / steps;
      taken += (load.storedW + load.frictionW + load.copperW + load.ironW) / steps;
    }
  }
  expect(taken).toBeGreaterThan(100);
  expect(Math.abs(stored / taken)).toBeLessThan(1e-6);
});

test.each(JOINTS.map(({ thermal }, i) => [i + 1, thermal] as const))(
  'axis %i: heat that came in is held or was given to the air; only losses cool',
  (_, thermal) => {
    const heat = new JointHeat(thermal, 21);
    let hottest = 21;
    for (let i = 0; i < 3600; i += 1) {
      const before = heat.motorC;
      heat.step({ motorW: 40, gearW: 25 }, 21, 1);
      expect(heat.motorC).toBeGreaterThan(before);
      hottest = heat.motorC;
    }
    expect(hottest).toBeGreaterThan(30);
    for (let i = 0; i < 36_000; i += 1) heat.step({ motorW: 0, gearW: 0 }, 21, 1);
    expect(heat.motorC).toBeLessThan(hottest);
    expect(heat.motorC).toBeGreaterThanOrEqual(21);
    expect(heat.takenInKj - heat.givenKj).toBeCloseTo(heat.storedKj(21), 6);
  },
);
