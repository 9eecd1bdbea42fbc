import { expect, it, vi } from 'vitest';
import { RUN_MARK } from '../support/centre-process.ts';
import { processesNaming } from '../support/living-processes.ts';
import { spawnApp } from '../support/spawned-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('Ctrl-C while things are still coming up ends what is there, and what is on its way', async () => {
  const dataDir = temporaryFolder('centre');
  const centre = await spawnApp('services/centre/main.ts', {
    args: ['--data', dataDir, '--http', '0', '--mqtt', '0', '--opcua', '0'],
    env: { [RUN_MARK]: dataDir },
    isReady: (line) => line.includes('broker up'),
  });
  expect(processesNaming(dataDir).length).toBeGreaterThan(1);
  const pressedMs = performance.now();
  centre.kill('SIGINT');
  expect(await centre.exited).toBe(0);
  expect(performance.now() - pressedMs).toBeLessThan(10_000);
  await vi.waitFor(
    () => {
      expect(processesNaming(dataDir)).toEqual([]);
    },
    { timeout: 1_000 },
  );
  expect(centre.output()).toContain('everything has stopped');
  expect(centre.output()).not.toContain('Dashboard:');
});
