import type { MachineId } from '#domain/asset-path.ts';
import type { MachineCatalogue, SampleStore, SignalNo } from '#domain/sample-store.ts';
import type { DictionaryEntry } from '#contracts/live.ts';

export interface Resolution {
  /** Sorted, each once. */
  readonly signals: Int32Array;
  readonly unknown: readonly string[];
}

/** The store's catalogue as the live hub needs it; made anew when the catalogue changes. */
export class SignalIndex {
  readonly #entries: DictionaryEntry[] = [];
  readonly #byId = new Map<string, SignalNo>();
  readonly #byMachine = new Map<MachineId, SignalNo[]>();
  #catalogues: readonly MachineCatalogue[] = [];
  greatest: SignalNo = 0;

  static of(store: Pick<SampleStore, 'machines' | 'signalNo'>): SignalIndex {
    const index = new SignalIndex();
    index.#catalogues = store.machines();
    for (const catalogue of index.#catalogues) index.#add(catalogue, store);
    return index;
  }

  #add({ machine, signals }: MachineCatalogue, store: Pick<SampleStore, 'signalNo'>): void {
    const numbers: SignalNo[] = [];
    for (const signal of signals) {
      const no = store.signalNo(signal.id);
      if (no === undefined) continue;
      this.#entries[no] = [no, signal.id, signal.unit?.symbol ?? '', machine.id];
      this.#byId.set(signal.id, no);
      numbers.push(no);
      if (no > this.greatest) this.greatest = no;
    }
    this.#byMachine.set(machine.id, numbers);
  }

  /** Whether it was made from these very catalogues: a renewed one is another object. */
  isOf(catalogues: readonly MachineCatalogue[]): boolean {
    return (
      catalogues.length === this.#catalogues.length &&
      catalogues.every((catalogue, i) => catalogue === this.#catalogues[i])
    );
  }

  machineIds(): Iterable<MachineId> {
    return this.#byMachine.keys();
  }

  signalsOf(machine: MachineId): readonly SignalNo[] {
    return this.#byMachine.get(machine) ?? [];
  }

  entries(signals: Int32Array): readonly DictionaryEntry[] {
    return Array.from(signals, (no) => this.#entries[no] ?? [no, '', '', '']);
  }

  /** Tags of a subscription: signal ids, `site/machine/*`, or `*`. */
  resolve(tags: readonly string[]): Resolution {
    const found = new Set<SignalNo>();
    const unknown: string[] = [];
    for (const tag of tags) {
      const no = this.#byId.get(tag);
      if (no !== undefined) found.add(no);
      else if (tag === '*') for (const each of this.#byId.values()) found.add(each);
      else if (!this.#addMachine(tag, found)) unknown.push(tag);
    }
    return { signals: Int32Array.from(found).sort(), unknown };
  }

  #addMachine(tag: string, found: Set<SignalNo>): boolean {
    const numbers = tag.endsWith('/*') ? this.#byMachine.get(tag.slice(0, -2) as MachineId) : undefined;
    for (const no of numbers ?? []) found.add(no);
    return numbers !== undefined;
  }
}
