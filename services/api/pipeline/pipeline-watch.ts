import type { NotRead } from '#contracts/api/pipeline.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import type { Presence } from '#contracts/presence.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { RetiredMachines } from '../retired-machines.ts';
import { notReadOf } from './not-read.ts';
import { StoredRate } from './stored-rate.ts';

const LOOK_MS = 2_000;
/** A store that does not tell of holes is asked this often. */
const ASK_MS = 30_000;
const EVER = { from: -(2n ** 63n), to: 2n ** 63n - 1n };

export interface PipelineWatchOptions {
  readonly store: SampleStore;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What has to be watched over time to be told at once: the rate of storing, holes, machines that nobody reads any more. */
export class PipelineWatch {
  readonly retired: RetiredMachines;
  readonly rate: StoredRate;
  notRead: NotRead & { readonly byMachine: Readonly<Record<string, NotRead>> } = notReadOf([]);
  readonly #options: PipelineWatchOptions;
  readonly #undo: (() => void)[] = [];
  #gapsDoubtful = true;
  #gapsAtMs = -Infinity;
  #looking = false;

  constructor(options: PipelineWatchOptions) {
    this.#options = options;
    this.retired = new RetiredMachines(options);
    this.rate = new StoredRate(options.clock.now());
  }

  start(): void {
    const { store, clock } = this.#options;
    this.#undo.push(store.onStored((_machine, batch) => this.rate.stored(batch, clock.now())));
    const forget = store.onGap?.(() => {
      this.#gapsDoubtful = true;
    });
    if (forget) this.#undo.push(forget);
    void this.#look();
    const timer = setInterval(() => void this.#look(), LOOK_MS);
    timer.unref();
    this.#undo.push(() => clearInterval(timer));
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { store, log, clock } = this.#options;
    try {
      await this.retired.look();
      const now = clock.monotonic();
      const isOld = !store.onGap && now - this.#gapsAtMs >= ASK_MS;
      if (this.#gapsDoubtful || isOld) {
        this.#gapsDoubtful = false;
        this.#gapsAtMs = now;
        this.notRead = notReadOf(await store.gaps(EVER));
      }
    } catch (error) {
      this.#gapsDoubtful = true;
      log.debug({ err: error }, 'the store could not be asked for its holes and streams');
    } finally {
      this.#looking = false;
    }
  }
}
