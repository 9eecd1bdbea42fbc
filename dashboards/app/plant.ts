import { signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { ApiClient } from '../api/client.ts';
import { ApiError } from '../api/client.ts';
import type { MachineInfo, SignalInfo } from '../api/model.ts';
import { nameMachines } from '../i18n/signal-names.ts';
import type { CoreClock } from '../live-core/clock.ts';

const REFRESH_EVERY_MS = 5_000;
const RETRY_EVERY_MS = 1_000;

export interface PlantOptions {
  readonly api: ApiClient;
  readonly clock: CoreClock;
  readonly hidden: () => boolean;
}

/** `loading`: asked for and not yet answered. */
export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string };

/** The machines and their signals: what there is, not what it says. A machine that appears is shown within seconds. */
export class Plant {
  readonly #options: PlantOptions;
  readonly #machines = signal<Loaded<readonly MachineInfo[]>>({ kind: 'loading' });
  readonly #signals = new Map<string, Signal<Loaded<readonly SignalInfo[]>>>();
  readonly #counts = new Map<string, number>();
  #cancel: () => void = () => {};
  #asking: Promise<void> | undefined;

  constructor(options: PlantOptions) {
    this.#options = options;
  }

  /** Sorted by place and id: the order never jumps. */
  get machines(): ReadonlySignal<Loaded<readonly MachineInfo[]>> {
    return this.#machines;
  }

  start(): void {
    void this.#poll();
  }

  stop(): void {
    this.#cancel();
  }

  /** Something happened: ask now rather than at the next turn. */
  refresh(): void {
    this.#cancel();
    void this.#poll();
  }

  /** Loaded at the first call; kept afterwards, renewed when the machine announces another number of signals. */
  signalsOf(machine: string): ReadonlySignal<Loaded<readonly SignalInfo[]>> {
    let known = this.#signals.get(machine);
    if (!known) {
      known = signal<Loaded<readonly SignalInfo[]>>({ kind: 'loading' });
      this.#signals.set(machine, known);
      void this.#loadSignals(machine, known);
    }
    return known;
  }

  async #poll(): Promise<void> {
    if (!this.#options.hidden() || this.#machines.value.kind !== 'ready') {
      this.#asking ??= this.#loadMachines().finally(() => (this.#asking = undefined));
      await this.#asking;
    }
    this.#cancel();
    const delayMs = this.#machines.value.kind === 'ready' ? REFRESH_EVERY_MS : RETRY_EVERY_MS;
    this.#cancel = this.#options.clock.after(delayMs, () => void this.#poll());
  }

  async #loadMachines(): Promise<void> {
    try {
      const machines = [...(await this.#options.api.machines())].sort(byPlace);
      for (const machine of machines) this.#noteCount(machine);
      nameMachines(machines);
      if (!sameJson(this.#machines.value, { kind: 'ready', value: machines }))
        this.#machines.value = { kind: 'ready', value: machines };
      for (const [id, known] of this.#signals)
        if (known.value.kind !== 'ready') void this.#loadSignals(id, known);
    } catch (error) {
      if (this.#machines.value.kind !== 'ready') this.#machines.value = failureOf(error);
    }
  }

  #noteCount(machine: MachineInfo): void {
    const before = this.#counts.get(machine.id);
    this.#counts.set(machine.id, machine.signals);
    const known = this.#signals.get(machine.id);
    if (known && before !== undefined && before !== machine.signals)
      void this.#loadSignals(machine.id, known);
  }

  async #loadSignals(machine: string, into: Signal<Loaded<readonly SignalInfo[]>>): Promise<void> {
    try {
      into.value = { kind: 'ready', value: await this.#options.api.signals(machine) };
    } catch (error) {
      if (into.value.kind !== 'ready') into.value = failureOf(error);
    }
  }
}

function byPlace(a: MachineInfo, b: MachineInfo): number {
  const place = (machine: MachineInfo): string =>
    [machine.assetPath.site, machine.assetPath.area ?? '', machine.assetPath.line ?? '', machine.id].join(
      '\u0000',
    );
  return place(a) < place(b) ? -1 : 1;
}

/** Liveness of each refresh differs by times only; the screens take those from the live connection. */
function sameJson(a: Loaded<readonly MachineInfo[]>, b: Loaded<readonly MachineInfo[]>): boolean {
  const text = (state: Loaded<readonly MachineInfo[]>): string =>
    JSON.stringify(state, (key, value: unknown) =>
      key === 'lastSampleAt' || key === 'lastAliveAt' ? undefined : value,
    );
  return text(a) === text(b);
}

export const failureOf = (error: unknown): { kind: 'failed'; code: string; reason: string } => ({
  kind: 'failed',
  code: error instanceof ApiError ? error.code : 'INTERNAL',
  reason: error instanceof Error ? error.message : String(error),
});
