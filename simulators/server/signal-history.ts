import type { AddressSpace, IVariableHistorian } from 'node-opcua';
import type { ProducedTick } from '../model/produced-tick.ts';
import type { SignalDefinition } from '../model/signal.ts';
import type { MachineValues } from './machine-values.ts';

/** Half an hour of a signal that produces once a second. */
const KEPT_VALUES = 1800;

interface WithHistorian {
  readonly varHistorian?: IVariableHistorian;
}

/** HistoryRead (OPC 10000-11, raw values) of some signals, from a ring in memory. */
export class SignalHistory {
  readonly #values: MachineValues;
  readonly #historians: (IVariableHistorian | undefined)[] = [];

  constructor(
    space: AddressSpace,
    options: {
      readonly values: MachineValues;
      readonly signals: readonly SignalDefinition[];
      readonly paths: readonly string[];
    },
  ) {
    this.#values = options.values;
    for (const path of options.paths) {
      const position = options.signals.findIndex((signal) => signal.path === path);
      const node = options.values.nodes[position];
      if (!node) throw new Error(`there is no signal ${path} to keep the history of`);
      space.installHistoricalDataNode(node, { maxOnlineValues: KEPT_VALUES });
      this.#historians[position] = (node as unknown as WithHistorian).varHistorian;
    }
  }

  write({ signals }: ProducedTick): void {
    if (this.#historians.length === 0) return;
    for (const position of signals) void this.#historians[position]?.push(this.#values.current(position));
  }
}
