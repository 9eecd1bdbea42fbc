import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { parsePlant } from '../plants/load-plant.ts';
import { createSimulation, createWarmSimulation } from './create-simulation.ts';
import { PhysicsDriver } from './physics-driver.ts';

const PLANT = `
site: brest
enterprise: Technopark
name: { en: One pump }
machines:
  - { id: pump-01, kind: pump-loop, name: { en: Pump } }
`;

afterEach(() => void vi.useRealTimers());

it('shows the wall clock even when the servers took long to come up', () => {
  vi.useFakeTimers({
    toFake: ['setInterval', 'clearInterval', 'Date', 'performance'],
    now: 1_795_000_000_000,
  });
  const loaded = parsePlant(PLANT, 'test');
  const simulation = createSimulation(loaded, 1, Date.now()).plant;
  vi.advanceTimersByTime(16_500);
  const times: number[] = [];
  const driver = new PhysicsDriver({
    simulation,
    sink: { accept: (_machine, { timeMs }) => void times.push(timeMs) },
    tickMs: 100,
    speed: 1,
    now: () => Date.now(),
    log: pino({ level: 'silent' }),
  });
  driver.start();
  vi.advanceTimersByTime(2_000);
  driver.stop();
  expect(times.length).toBeGreaterThan(10);
  expect(Math.abs(Date.now() - (times.at(-1) ?? 0))).toBeLessThan(300);
});

it('shows a plant that was warmed up, each signal from the first tick on, and the same one each time', () => {
  const loaded = parsePlant(`${PLANT}warmUpMinutes: 10\n`, 'test');
  const [cold, warm, again] = [
    createSimulation(loaded, 1, Date.parse(loaded.plant.startsAt)).plant,
    createWarmSimulation(loaded, 1).plant,
    createWarmSimulation(loaded, 1).plant,
  ];
  expect(warm.hash).toBe(again.hash);
  expect(warm.hash).not.toBe(cold.hash);
  const told: number[] = [];
  warm.step({ accept: (_machine, { signals }) => void told.push(signals.length) });
  expect(told).toEqual([warm.runners[0]?.signals.length]);
});
