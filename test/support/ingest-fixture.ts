import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import type { SampleStore } from '#domain/sample-store.ts';
import { createRegistry, type Registry } from '#platform/metrics.ts';
import { ingestConfigSchema, type IngestConfig } from '#contracts/config/services.ts';
import { Ingest } from '../../services/ingest/ingest.ts';
import { TEST_PASSWORD, type TestBroker } from './broker-fixture.ts';

export interface TestIngest {
  readonly ingest: Ingest;
  readonly registry: Registry;
  readonly logLines: Record<string, unknown>[];
}

/** The real ingest against the real broker; subscribed; `store` must be started. Stop it by `ingest.stop()`. */
export async function startTestIngest(
  broker: TestBroker,
  store: SampleStore,
  limits: Partial<IngestConfig['limits']> = {},
): Promise<TestIngest> {
  const passwordFile = join(dirname(broker.clientsFile), 'ingest-password');
  await writeFile(passwordFile, `${TEST_PASSWORD}\n`);
  const registry = createRegistry();
  const logLines: Record<string, unknown>[] = [];
  const ingest = new Ingest({
    config: ingestConfigSchema.parse({
      broker: { url: broker.tcpUrl, username: 'ingest', passwordFile },
      limits: { rebirthIntervalMs: 200, ...limits },
    }),
    store,
    registry,
    log: pino({}, { write: (line: string) => void logLines.push(JSON.parse(line)) }),
  });
  await ingest.start();
  await vi.waitFor(() => expect(ingest.presence.counters().connectedToBroker).toBe(true), {
    timeout: 10_000,
  });
  return { ingest, registry, logLines };
}
