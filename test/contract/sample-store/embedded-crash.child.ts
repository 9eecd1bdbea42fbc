/** Appends records without end and prints each sequence whose append resolved; meant to be killed. */
import { writeSync } from 'node:fs';
import { createEmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { SECOND, STREAM, T0, prepare, samplesRecord } from './records.ts';
import { ROWS_PER_RECORD } from './embedded-crash.rows.ts';

const [dir = ''] = process.argv.slice(2);
const store = createEmbeddedStore({ dir, config: { hotRows: 1_000, retentionDays: 36_500, filesPerDay: 4 } });
await store.start();
const [signal = 0] = await prepare(store, ['Value']);
const { received } = await store.openStream(STREAM);
let sequence = received.at(-1)?.[1] ?? 0;

async function appendForEver(): Promise<never> {
  for (;;) {
    const records = [1, 2, 3].map(() => {
      sequence += 1;
      const first = sequence * ROWS_PER_RECORD;
      const rows = Array.from({ length: ROWS_PER_RECORD }, (_, i) => ({
        signal,
        time: T0 + (BigInt(first + i) * SECOND) / 10n,
        value: first + i,
      }));
      return samplesRecord(sequence, rows);
    });
    await store.append(records);
    writeSync(1, records.map((record) => `${record.sequence}\n`).join(''));
  }
}

await Promise.all([appendForEver(), appendForEver(), appendForEver()]);
