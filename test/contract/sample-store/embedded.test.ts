import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEmbeddedStore,
  type EmbeddedStore,
} from '../../../services/historian/embedded/embedded-store.ts';
import { describeSampleStore } from './suite.ts';

const RETENTION_DAYS = 30;

describeSampleStore({
  name: 'embedded',
  retentionDays: RETENTION_DAYS,
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'historian-'));
    // Sealing happens where a test asks for it.
    const make = (): EmbeddedStore =>
      createEmbeddedStore({
        dir,
        config: { retentionDays: RETENTION_DAYS, sealIntervalMs: 86_400_000, filesPerDay: 4 },
      });
    let current = make();
    await current.start();
    return {
      get store() {
        return current;
      },
      restart: async () => {
        await current.stop();
        current = make();
        await current.start();
        return current;
      },
      settle: (nowMs) => current.maintain(nowMs),
      remove: async () => {
        await current.stop();
        await rm(dir, { recursive: true });
      },
    };
  },
});
