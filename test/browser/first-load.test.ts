import { expect, it } from 'vitest';
import { firstLoads } from '../support/first-load.ts';

const BOUND_BYTES = 60_000;
const WALL = 'screens/wall/wall-screen.tsx';

it.each([
  ['the overview', undefined],
  ['the wall', WALL],
])(
  '%s loads at most 60 kB of scripts and styles at first (gzip, without the trends’ chunk)',
  (name, screen) => {
    for (const { language, bytes } of firstLoads(screen)) {
      process.stdout.write(`  first load of ${name} in ${language}: ${(bytes / 1000).toFixed(1)} kB gzip\n`);
      expect(bytes).toBeLessThanOrEqual(BOUND_BYTES);
    }
  },
);
