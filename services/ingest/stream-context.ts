import type { SignalId } from '#domain/asset-path.ts';
import type { SignalNo, StreamKey } from '#domain/sample-store.ts';
import type { WireCatalogue } from '#contracts/catalogue.ts';
import { createAliasTable, setAlias, wireTypeOf, type AliasTable } from '#contracts/sparkplug/record.ts';

/** What ingest knows of one stream (agent, epoch) in order to decode it. */
export class StreamContext {
  readonly key: StreamKey;
  /** Alias to wire type and the store's signal number. Grows, never changes: aliases are not reused within an epoch. */
  readonly aliases: AliasTable = createAliasTable();
  /** Records on their way into the store, by sequence, with their checksum. */
  readonly pending = new Map<number, number>();
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
