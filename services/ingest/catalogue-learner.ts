import type { MachineCatalogue, SampleStore, SignalNo } from '#domain/sample-store.ts';
import { messageOf } from '#platform/errors.ts';
import { machineId } from '#domain/asset-path.ts';
import type { ReadyCatalogue, RefusalCode } from './decode-message.ts';
import type { MachineReaders } from './machine-readers.ts';
import type { StoreRetry } from './store-retry.ts';
import type { StreamContext } from './stream-context.ts';

/** Why a catalogue is refused. */
export interface NotLearnt {
  readonly code: RefusalCode;
  readonly reason: string;
}

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
  async learn(stream: StreamContext, ready: ReadyCatalogue): Promise<NotLearnt | undefined> {
    const { text, wire, ids, catalogue } = ready;
    if (this.knows(stream, wire.machine.id, text)) return undefined;
    const alias = stream.conflictingAlias(wire, ids);
    if (alias !== undefined)
      return {
        code: 'ALIAS_REUSED',
        reason: `alias ${alias} already stands for another signal of this epoch: aliases are never used again`,
      };
    const numbers = await this.#put(catalogue);
    if (!numbers) return undefined;
    if ('code' in numbers) return numbers;
    const noOf = new Map(catalogue.signals.map(({ id }, i) => [id, numbers[i]]));
    const signals = ids.flatMap((id) => {
      const no = noOf.get(id);
      return no === undefined ? [] : [{ id, no }];
    });
    stream.learn(text, wire, signals);
    this.#readers.learnt(catalogue.machine.id, stream.key.agent);
    return undefined;
  }

  async #put(catalogue: MachineCatalogue): Promise<readonly SignalNo[] | NotLearnt | undefined> {
    try {
      return await this.#retry.until(() => this.#store.putCatalogue(catalogue));
    } catch (error) {
      return { code: 'STORE_REFUSED', reason: messageOf(error) };
    }
  }
}
