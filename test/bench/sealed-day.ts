/** A sealed day behind the real HTTP API while samples come in. */
import { createRegistry } from '#platform/metrics.ts';
import { pino } from 'pino';
import { createEmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { createApi } from '../../services/api/create-api.ts';
import { HttpPoller } from './http-poller.ts';
import { benchSignal, fillDay, measureQuery, startWriter, type QueryFigures } from './historian.ts';

export interface SealedDayFigures {
  readonly rows: number;
  readonly bytesPerSample: number;
  readonly writtenPerSecond: number;
  readonly oneSignal: string;
  readonly twentySignals: string;
  readonly latest: string;
}

const ROUNDS = 200;
const WRITE_PER_SECOND = 50_000;

const shown = ({ coldMs, p50Ms, p99Ms }: QueryFigures): string =>
  `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, cold ${coldMs.toFixed(0)} ms`;

export interface FilledDay {
  readonly signals: number;
  /** Midnight at which it begins, ms since 1970. */
  readonly dayMs: number;
  readonly rows: number;
  readonly bytesPerSample: number;
}

/** Makes the day. */
export async function fillSealedDay(
  dir: string,
  { signals, hours }: { readonly signals: number; readonly hours: number },
): Promise<FilledDay> {
  const dayMs = Math.floor(Date.now() / 86_400_000 - 2) * 86_400_000;
  const filled = await fillDay(dir, { signals, from: BigInt(dayMs) * 1_000_000n, hours });
  return { signals, dayMs, rows: filled.rows, bytesPerSample: filled.bytesPerSample };
}

/** Asks for it over HTTP while samples come in. */
export async function measureSealedDay(dir: string, filled: FilledDay): Promise<SealedDayFigures> {
  const { signals, dayMs } = filled;
  const store = createEmbeddedStore({ dir });
  await store.start();
  const presence = { machines: () => [], agents: () => [], onChange: () => () => {}, counters: noCounters };
  const api = createApi({ store, presence, log: pino({ level: 'silent' }), registry: createRegistry() });
  const { port } = await api.start();
  const poller = new HttpPoller();
  try {
    const writer = startWriter(store, signals, WRITE_PER_SECOND);
    const get = (route: string): Promise<number> => poller.fetch(`http://127.0.0.1:${port}/api/v1${route}`);
    const range = `from=${new Date(dayMs).toISOString()}&to=${new Date(dayMs + 86_400_000).toISOString()}&maxPoints=500`;
    const of = (round: number, count: number): string =>
      Array.from(
        { length: count },
        (_, i) => `signal=${encodeURIComponent(benchSignal((round * 37 + i * 41) % signals))}`,
      ).join('&');
    const oneSignal = await measureQuery(ROUNDS, (round) => get(`/samples?${of(round, 1)}&${range}`));
    const twentySignals = await measureQuery(ROUNDS, (round) => get(`/samples?${of(round, 20)}&${range}`));
    const latest = await measureQuery(ROUNDS, () => get('/latest?machine=bench/machine'));
    return {
      rows: filled.rows,
      bytesPerSample: filled.bytesPerSample,
      writtenPerSecond: await writer(),
      oneSignal: shown(oneSignal),
      twentySignals: shown(twentySignals),
      latest: shown(latest),
    };
  } finally {
    await poller.stop();
    await api.stop();
    await store.stop();
  }
}

const noCounters = () => ({
  messages: 0,
  samples: 0,
  duplicates: 0,
  rejected: 0,
  pending: 0,
  connectedToBroker: true,
});
