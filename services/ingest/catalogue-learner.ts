import type { SampleStore } from '#domain/sample-store.ts';
import { machineId } from '#domain/asset-path.ts';
import type { ReadyCatalogue } from './decode-message.ts';
import type { MachineReaders } from './machine-readers.ts';
import type { StoreRetry } from './store-retry.ts';
import type { StreamContext } from './stream-context.ts';

/** Registers a machine's signals with the store and binds the agent's aliases to the store's numbers. */
export class CatalogueLearner {
  readonly #store: SampleStore;
  readonly #retry: StoreRetry;
  readonly #readers: MachineReaders;

  constructor(store: SampleStore, retry: StoreRetry, readers: MachineReaders) {
    this.#store = store;
    this.#retry = retry;
    this.#readers = readers;
  }

  /** Nothing is to be learnt: it is what the stream said before, and no other agent has said anything of the machine since. */
  knows(stream: StreamContext, machine: string, text: string): boolean {
    const { agent } = stream.key;
    const [site = ''] = agent.split('/');
    return stream.knows(machine, text) && this.#readers.isCatalogueOf(machineId(site, machine), agent);
  }

  /** Answers why it cannot be; nothing is learnt then. */
  async learn(
    stream: StreamContext,
    { text, wire, ids, catalogue }: ReadyCatalogue,
  ): Promise<string | undefined> {
    if (this.knows(stream, wire.machine.id, text)) return undefined;
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
    this.#readers.learnt(catalogue.machine.id, stream.key.agent);
    return undefined;
  }
}
