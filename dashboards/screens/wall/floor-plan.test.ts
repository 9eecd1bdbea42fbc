import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineInfo } from '../../api/model.ts';
import { feederPx, floorPlan } from './floor-plan.ts';
import type { Box } from './floor-plan.ts';

const machine = (area: string, i: number): MachineInfo =>
  ({ id: `brest/m-${i}`, assetPath: { enterprise: 'e', site: 'brest', area } }) as MachineInfo;
const plant = fc
  .array(fc.constantFrom('Hall 1', 'Hall 2', 'Laboratory', 'Utilities', 'Yard'), {
    minLength: 1,
    maxLength: 40,
  })
  .map((areas) => areas.map(machine));

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x) - 1e-6) *
  Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y) - 1e-6);

describe('a floor plan', () => {
  it('has each machine once, within its room and the plan, none over another', () => {
    fc.assert(
      fc.property(plant, fc.double({ min: 0.6, max: 2.4, noNaN: true }), (machines, aspect) => {
        const rooms = floorPlan(machines, aspect);
        const placed = rooms.flatMap((room) => room.machines);
        expect(placed.map((each) => each.machine.id).toSorted()).toEqual(
          machines.map(({ id }) => id).toSorted(),
        );
        for (const room of rooms)
          for (const box of room.machines) {
            expect(box.machine.assetPath.area).toBe(room.area);
            expect(box.x).toBeGreaterThanOrEqual(room.x - 1e-6);
            expect(box.x + box.w).toBeLessThanOrEqual(room.x + room.w + 1e-6);
            expect(box.y + box.h).toBeLessThanOrEqual(room.y + room.h + 1e-6);
            expect(box.y + box.h).toBeLessThanOrEqual(100 + 1e-6);
          }
        placed.forEach((a, i) => placed.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(0)));
      }),
    );
  });

  it('gives eleven machines in four areas places that are neither slits nor columns', () => {
    const areas = [
      'Hall 1',
      'Hall 1',
      'Hall 1',
      'Hall 1',
      'Hall 1',
      'Hall 2',
      'Hall 2',
      'Laboratory',
      'Laboratory',
      'Utilities',
      'Utilities',
    ];
    for (const { w, h } of floorPlan(areas.map(machine), 1.2).flatMap((room) => room.machines)) {
      expect((w * 1.2) / h).toBeGreaterThan(0.6);
      expect((w * 1.2) / h).toBeLessThan(2.6);
    }
  });
});

describe('a supply line', () => {
  it('is as wide as the power is great, whatever its unit', () => {
    expect(feederPx(50, 'kW')).toBe(30);
    expect(feederPx(25_000, 'W')).toBe(15);
    expect(feederPx(120, 'W')).toBe(1);
    expect(feederPx(500, 'kW')).toBe(40);
  });

  it('is not drawn from what is no power', () => {
    expect(feederPx(null, 'kW')).toBeUndefined();
    expect(feederPx(5, 'bar')).toBeUndefined();
  });
});
