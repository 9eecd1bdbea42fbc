import { expect, test } from 'vitest';
import * as moulding from './moulding.ts';

test.each(['hydraulic', 'all-electric'] as const)(
  '%s: a cycle takes the published energy per kg',
  (drive) => {
    const shotKg = 0.09;
    const driveKws = moulding.STAGES.reduce(
      (sum, { name, seconds }) => sum + moulding.drivePowerKw(drive, name, shotKg) * seconds,
      0,
    );
    const heaterKws = moulding.heaterPowerKw(drive, shotKg) * moulding.CYCLE_S;
    const kwhPerKg = (driveKws + heaterKws) / 3600 / shotKg;
    expect(kwhPerKg).toBeCloseTo(drive === 'hydraulic' ? 0.61 : 0.16, 10);
  },
);

test('a colder melt needs more pressure', () => {
  expect(moulding.injectionPressureBar(900, 220, 220)).toBe(900);
  expect(moulding.injectionPressureBar(900, 200, 220)).toBeGreaterThan(1100);
});
