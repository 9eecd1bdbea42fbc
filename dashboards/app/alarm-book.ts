import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { ApiError } from '../api/client.ts';
import type { ApiClient } from '../api/client.ts';
import type { AlarmView } from '../api/model.ts';
import type { CoreClock } from '../live-core/clock.ts';
import type { Loaded } from './plant.ts';

/** A flood of changes is a few requests: the list is as old as this at most. */
const COLLECT_MS = 150;
const RETRY_MS = 2_000;

export interface AlarmBookOptions {
  readonly api: Pick<ApiClient, 'alarms'>;
  readonly clock: CoreClock;
}

/** The alarms that stand: read when the connection comes up, and again whenever the server says that one has changed. */
export class AlarmBook {
  readonly #options: AlarmBookOptions;
  readonly #standing = signal<Loaded<readonly AlarmView[]>>({ kind: 'loading' });
  #isDue = false;
  #isAsking = false;
  /** Counts up when the list was read. */
  readonly version = signal(0);

  constructor(options: AlarmBookOptions) {
    this.#options = options;
  }

  /** The most urgent first. */
  get standing(): ReadonlySignal<Loaded<readonly AlarmView[]>> {
    return this.#standing;
  }

  refresh(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.after(COLLECT_MS, () => void this.#load());
  }

  async #load(): Promise<void> {
    if (this.#isAsking) {
      this.#isDue = false;
      this.refresh();
      return;
    }
    this.#isDue = false;
    this.#isAsking = true;
    try {
      this.#standing.value = { kind: 'ready', value: await this.#options.api.alarms() };
      this.version.value += 1;
    } catch (error) {
      if (this.#standing.value.kind !== 'ready')
        this.#standing.value = {
          kind: 'failed',
          code: error instanceof ApiError ? error.code : 'INTERNAL',
          reason: String(error),
        };
      this.#options.clock.after(RETRY_MS, () => this.refresh());
    } finally {
      this.#isAsking = false;
    }
  }
}
