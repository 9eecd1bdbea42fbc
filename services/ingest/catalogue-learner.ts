import type { SampleStore } from '#domain/sample-store.ts';
import type { ReadyCatalogue } from './decode-message.ts';
import type { StoreRetry } from './store-retry.ts';
import type { StreamContext } from './stream-context.ts';

/** Registers a machine's signals with the store and binds the agent's aliases to the store's numbers. */
export class CatalogueLearner {
  readonly #store: SampleStore;
  readonly #retry: StoreRetry;

  constructor(store: SampleStore, retry: StoreRetry) {
    this.#store = store;
    this.#retry = retry;
  }

  /** Answers why it cannot be; nothing is learnt then. */
  async learn(
    stream: StreamContext,
    { text, wire, ids, catalogue }: ReadyCatalogue,
  ): Promise<string | undefined> {
    if (stream.knows(wire.machine.id, text)) return undefined;
    const alias = stream.conflictingAlias(wire, ids);
    if (alias !== undefined)
      return `alias ${alias} already stands for another signal of this epoch: aliases are never used again`;
    const numbers = await this.#retry.until(() => this.#store.putCatalogue(catalogue));
    if (!numbers) return undefined;
    const noOf = new Map(catalogue.signals.map(({ id }, i) => [id, numbers[i]]));
    const signals = ids.flatMap((id) => {
      const no = noOf.get(id);
      return no === undefined ? [] : [{ id, no }];
    });
    stream.learn(text, wire, signals);
    return undefined;
  }
}
