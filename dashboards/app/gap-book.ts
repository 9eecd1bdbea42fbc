import type { ApiClient } from '../api/client.ts';
import type { CoreClock } from '../live-core/clock.ts';
import type { ServerClock } from '../live-core/server-clock.ts';
import type { TrendGap } from '../live-core/trend-series.ts';

const SPAN_MS = 86_400_000;
const COLLECT_MS = 80;
const RETRY_MS = 3_000;

interface MachineGaps {
  users: number;
  gaps: readonly (TrendGap & { readonly signal: string | undefined })[] | undefined;
  readonly bySignal: Map<string, readonly TrendGap[]>;
}

export interface GapBookOptions {
  readonly api: Pick<ApiClient, 'gaps'>;
  readonly clock: CoreClock;
  readonly serverClock: Pick<ServerClock, 'now' | 'measured'>;
}

/** The declared holes of the last day of the machines in sight: read once, and again when the server says that there is a new one. */
export class GapBook {
  readonly #options: GapBookOptions;
  readonly #machines = new Map<string, MachineGaps>();
  readonly #wanted = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #collecting = false;
  /** Counts up when holes were read. */
  version = 0;

  constructor(options: GapBookOptions) {
    this.#options = options;
  }

  /** Returns the end of the use. */
  use(signal: string): () => void {
    const machine = machineOf(signal);
    let known = this.#machines.get(machine);
    if (!known) {
      known = { users: 0, gaps: undefined, bySignal: new Map() };
      this.#machines.set(machine, known);
      this.#want(machine);
    }
    known.users += 1;
    const used = known;
    return () => {
      used.users -= 1;
      if (used.users === 0) this.#machines.delete(machine);
    };
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Oldest first; `undefined` until they are here. */
  of(signal: string): readonly TrendGap[] | undefined {
    const known = this.#machines.get(machineOf(signal));
    if (!known?.gaps) return undefined;
    let own = known.bySignal.get(signal);
    if (!own) {
      own = known.gaps.filter((gap) => gap.signal === undefined || gap.signal === signal);
      known.bySignal.set(signal, own);
    }
    return own;
  }

  /** The machine's holes have changed; without a machine all have. */
  refresh(machine?: string): void {
    for (const known of this.#machines.keys())
      if (machine === undefined || known === machine) this.#want(known);
  }

  #want(machine: string): void {
    this.#wanted.add(machine);
    this.#later(COLLECT_MS);
  }

  #later(delayMs: number): void {
    if (this.#collecting) return;
    this.#collecting = true;
    this.#options.clock.after(delayMs, () => {
      this.#collecting = false;
      void this.#load();
    });
  }

  async #load(): Promise<void> {
    const { api, serverClock } = this.#options;
    // Without a frame the server's time is not known; when the connection is live, `refresh` is called.
    if (!serverClock.measured) return;
    const toMs = serverClock.now();
    const asked = [...this.#wanted];
    for (const machine of asked) {
      const known = this.#machines.get(machine);
      this.#wanted.delete(machine);
      if (!known) continue;
      try {
        const found = await api.gaps({ machine, fromMs: toMs - SPAN_MS, toMs: toMs + COLLECT_MS });
        known.gaps = found.map(({ from, to, cause, signal }) => ({
          fromMs: Date.parse(from),
          toMs: Date.parse(to),
          cause,
          signal,
        }));
        known.bySignal.clear();
      } catch {
        this.#wanted.add(machine);
      }
    }
    if (this.#wanted.size > 0) this.#later(RETRY_MS);
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}

const machineOf = (signal: string): string => signal.split('/', 2).join('/');
