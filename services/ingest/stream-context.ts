import type { SignalId } from '#domain/asset-path.ts';
import type { SignalNo, StreamKey } from '#domain/sample-store.ts';
import type { WireCatalogue } from '#contracts/catalogue.ts';
import { createAliasTable, setAlias, wireTypeOf, type AliasTable } from '#contracts/sparkplug/record.ts';

/** Records on their way into the store, by sequence, with their checksum. */
export class PendingRecords {
  readonly #checksums = new Map<number, number>();
  #onSettled: (() => void)[] = [];

  get size(): number {
    return this.#checksums.size;
  }

  get(sequence: number): number | undefined {
    return this.#checksums.get(sequence);
  }

  set(sequence: number, checksum: number): void {
    this.#checksums.set(sequence, checksum);
  }

  /** Stored, refused or given up. */
  delete(sequence: number): void {
    this.#checksums.delete(sequence);
    if (this.#checksums.size > 0) return;
    for (const done of this.#onSettled.splice(0)) done();
  }

  /** Resolves when none is on its way; whoever waits must see to it that none is added. */
  settled(): Promise<void> {
    if (this.#checksums.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }
}

/** What ingest knows of one stream (agent, epoch) in order to decode it. */
export class StreamContext {
  readonly key: StreamKey;
  /** Alias to wire type and the store's signal number. Grows, never changes: aliases are not reused within an epoch. */
  readonly aliases: AliasTable = createAliasTable();
  readonly pending = new PendingRecords();
  /** Two agents write in this epoch: their records have met under one sequence. */
  isForked = false;
  readonly #bindings = new Map<number, SignalId>();
  /** Text of the last catalogue learnt, by machine: births repeat it. */
  readonly #texts = new Map<string, string>();

  constructor(key: StreamKey) {
    this.key = key;
  }

  knows(machine: string, catalogueText: string): boolean {
    return this.#texts.get(machine) === catalogueText;
  }

  /** The first alias that already stands for another signal. */
  conflictingAlias(wire: WireCatalogue, signalIds: readonly SignalId[]): number | undefined {
    const at = wire.signals.findIndex(({ alias }, i) => {
      const bound = this.#bindings.get(alias);
      return bound !== undefined && bound !== signalIds[i];
    });
    return wire.signals[at]?.alias;
  }

  learn(
    text: string,
    wire: WireCatalogue,
    signals: readonly { readonly id: SignalId; readonly no: SignalNo }[],
  ): void {
    for (const [i, { alias, dataType, isArray }] of wire.signals.entries()) {
      const signal = signals[i];
      if (!signal) continue;
      this.#bindings.set(alias, signal.id);
      setAlias(this.aliases, alias, wireTypeOf(dataType, isArray), signal.no);
    }
    this.#texts.set(wire.machine.id, text);
  }
}
