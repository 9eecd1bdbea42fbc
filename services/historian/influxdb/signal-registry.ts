import { parseSignalId, signalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import type { MachineCatalogue, SignalNo } from '#domain/sample-store.ts';
import { SeriesBytes } from './line-buffer.ts';
import { seriesOf, tagValueOf } from './line-protocol.ts';

/** Machines and signals that this process knows, from memory. */
export class SignalRegistry {
  readonly #machines = new Map<MachineId, MachineCatalogue>();
  readonly #bodies = new Map<MachineId, string>();
  /** Every kind that a machine ever was: its samples lie in the measurements of these names. */
  readonly #kinds = new Map<MachineId, Set<string>>();
  readonly #numbers = new Map<SignalId, SignalNo>();
  readonly #ids: SignalId[] = [];
  readonly #series = new Map<SignalNo, string>();
  /** The same, by number. */
  readonly #seriesBytes: (SeriesBytes | undefined)[] = [];

  machines(): readonly MachineCatalogue[] {
    return [...this.#machines.values()];
  }

  machine(id: MachineId): MachineCatalogue | undefined {
    return this.#machines.get(id);
  }

  differs(catalogue: MachineCatalogue): boolean {
    return this.#bodies.get(catalogue.machine.id) !== JSON.stringify(catalogue);
  }

  learn(catalogue: MachineCatalogue): void {
    const { id, kind } = catalogue.machine;
    const body = JSON.stringify(catalogue);
    if (this.#bodies.get(id) === body) return;
    const isOtherKind = this.#machines.get(id)?.machine.kind !== kind;
    this.#bodies.set(id, body);
    this.#machines.set(id, catalogue);
    this.addKind(id, kind);
    if (isOtherKind) for (const { id: signal } of catalogue.signals) this.#forgetSeries(signal);
  }

  addKind(id: MachineId, kind: string): void {
    const kinds = this.#kinds.get(id);
    if (kinds) kinds.add(kind);
    else this.#kinds.set(id, new Set([kind]));
  }

  kindsOf(id: MachineId): readonly string[] {
    return [...(this.#kinds.get(id) ?? [])];
  }

  get signalCount(): number {
    return this.#numbers.size;
  }

  no(id: SignalId): SignalNo | undefined {
    return this.#numbers.get(id);
  }

  noOfTags(site: string, machine: string, signal: string): SignalNo | undefined {
    return this.#numbers.get(signalId(site, machine, tagValueOf(signal)));
  }

  id(no: SignalNo): SignalId | undefined {
    return this.#ids[no];
  }

  number(id: SignalId, no: SignalNo): void {
    this.#numbers.set(id, no);
    this.#ids[no] = id;
  }

  /** Gives numbers to those that have none; answers these. */
  numberNew(signals: readonly { readonly id: SignalId }[]): { id: SignalId; no: SignalNo }[] {
    return signals.flatMap(({ id }) => {
      if (this.#numbers.has(id)) return [];
      const no = this.nextNo;
      this.number(id, no);
      return [{ id, no }];
    });
  }

  get nextNo(): SignalNo {
    return Math.max(1, this.#ids.length);
  }

  /** `measurement,machine=..,signal=..,site=..`; `undefined` when nobody has announced the signal. */
  series(no: SignalNo): string | undefined {
    return this.#series.get(no) ?? this.#makeSeries(no);
  }

  /** {@link series}, ready to be written. */
  seriesBytes(no: SignalNo): SeriesBytes | undefined {
    return this.#seriesBytes[no] ?? this.#makeBytes(no);
  }

  #makeBytes(no: SignalNo): SeriesBytes | undefined {
    const series = this.series(no);
    if (series === undefined) return undefined;
    const bytes = new SeriesBytes(series);
    this.#seriesBytes[no] = bytes;
    return bytes;
  }

  #makeSeries(no: SignalNo): string | undefined {
    const id = this.#ids[no];
    const parts = id === undefined ? undefined : parseSignalId(id);
    if (id === undefined || !parts) return undefined;
    const kind = this.#machines.get(`${parts.site}/${parts.machine}`)?.machine.kind;
    if (kind === undefined) return undefined;
    const series = seriesOf(kind, id);
    this.#series.set(no, series);
    return series;
  }

  #forgetSeries(id: SignalId): void {
    const no = this.#numbers.get(id);
    if (no === undefined) return;
    this.#series.delete(no);
    this.#seriesBytes[no] = undefined;
  }
}
