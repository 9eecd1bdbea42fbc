import type { WireGap } from '#contracts/api/values.ts';
import type { EventsMessage } from '#contracts/live.ts';
import { ALARM_STATES } from '#domain/alarm.ts';
import type { DoubleAlarms } from './alarms.ts';

type LiveEvent = EventsMessage['e'][number];

/** What a test does to the invented plant while pages look at it, by `GET /double/...`. */
export class Trouble {
  readonly gaps: WireGap[] = [];
  readonly #offlineSince = new Map<string, number>();
  readonly #listeners = new Set<(message: string) => void>();
  readonly #alarms: DoubleAlarms;
  #events = 0;

  constructor(alarms: DoubleAlarms) {
    this.#alarms = alarms;
  }

  listen(listener: (message: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  offlineSince(machine: string): number | undefined {
    return this.#offlineSince.get(machine);
  }

  /** `/double/gap?machine=&from=&to=` (ms), `/double/offline?machine=`, `/double/online?machine=`, `/double/alarm?id=&state=` */
  handle(path: string, query: URLSearchParams): boolean {
    const machine = query.get('machine') ?? '';
    const number = (name: string): number => Number(query.get(name));
    if (path === '/double/offline') this.#offlineSince.set(machine, Date.now());
    else if (path === '/double/online') this.#offlineSince.delete(machine);
    else if (path === '/double/gap') {
      const iso = (name: string): string => new Date(number(name)).toISOString();
      this.gaps.push({ machine, from: iso('from'), to: iso('to'), cause: 'connection-lost' });
      this.#tell({ type: 'gap', t: Date.now(), machine, from: number('from'), to: number('to') });
    } else if (path === '/double/alarm') {
      const state = ALARM_STATES.find((known) => known === query.get('state')) ?? 'over';
      const changed = this.#alarms.set(query.get('id') ?? '', state);
      if (changed !== undefined) this.#tell({ type: 'alarm', t: Date.now(), machine: changed });
    } else if (path === '/double/backfill') this.#tell({ type: 'backfill', t: Date.now(), machine });
    else return false;
    return true;
  }

  stale(nowMs: number): Record<string, number> {
    return Object.fromEntries([...this.#offlineSince].map(([machine, since]) => [machine, nowMs - since]));
  }

  #tell(event: LiveEvent): void {
    this.#events += 1;
    const message = JSON.stringify({ e: [event], es: this.#events });
    for (const listener of this.#listeners) listener(message);
  }
}
