import { AgentLane, type RawMessage } from './agent-lane.ts';

/** The event loop is left to others after this long: an answer of the API waits for at most a few slices. */
const SLICE_MS = 3;

export type Offered = 'taken' | 'queue-full' | 'too-many-agents';

export interface IntakeOptions {
  readonly limits: { readonly queuedMessages: number; readonly queuedBytes: number; readonly agents: number };
  /** May more be decoded now? */
  readonly hasRoom: () => boolean;
  /** A promise when the agent's next messages must wait for it. Must not throw. */
  readonly handle: (lane: AgentLane, message: RawMessage) => Promise<void> | undefined;
}

/**
 * Messages between the broker and the store: one queue an agent, so that each agent's order is kept and none waits
 * for another's birth; bounded in all. Who is over the bound is not taken, hence not acknowledged, hence sent again.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #lanes = new Map<string, AgentLane>();
  #messages = 0;
  #bytes = 0;
  #scheduled = false;
  #next = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  lanes(): IterableIterator<AgentLane> {
    return this.#lanes.values();
  }

  offer(message: RawMessage): Offered {
    const lane = this.#laneOf(message);
    if (!lane) return 'too-many-agents';
    const { queuedMessages, queuedBytes } = this.#options.limits;
    const isData = message.topic.type === 'DDATA';
    // Births, deaths and heartbeats are few and small: without them nothing else could be understood.
    const bound = isData ? 1 : 2;
    if (this.#messages >= queuedMessages * bound || this.#bytes >= queuedBytes * bound) return 'queue-full';
    this.#push(lane, message);
    this.wake();
    return 'taken';
  }

  /** Puts what was held before all that waits. */
  requeue(lane: AgentLane, messages: readonly RawMessage[]): void {
    lane.queue.unshift(...messages);
    this.#messages += messages.length;
    for (const { payload } of messages) this.#bytes += payload.length;
    this.wake();
  }

  /** There may be something to do: a message, or room. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  #laneOf({ topic }: RawMessage): AgentLane | undefined {
    const key = `${topic.group}/${topic.edgeNode}`;
    const known = this.#lanes.get(key);
    if (known) return known;
    if (this.#lanes.size >= this.#options.limits.agents) return undefined;
    const lane = new AgentLane(topic.group, topic.edgeNode);
    this.#lanes.set(key, lane);
    return lane;
  }

  #push(lane: AgentLane, message: RawMessage): void {
    lane.queue.push(message);
    this.#messages += 1;
    this.#bytes += message.payload.length;
  }

  /** One message of each agent in turn. */
  #drain(): void {
    const until = performance.now() + SLICE_MS;
    const lanes = [...this.#lanes.values()];
    let idle = 0;
    while (idle < lanes.length && this.#options.hasRoom()) {
      const lane = lanes[this.#next % lanes.length];
      this.#next += 1;
      if (lane && this.#step(lane)) idle = 0;
      else idle += 1;
      if (performance.now() > until) {
        this.wake();
        return;
      }
    }
  }

  #step(lane: AgentLane): boolean {
    if (lane.busy) return false;
    const message = lane.queue.shift();
    if (!message) return false;
    this.#messages -= 1;
    this.#bytes -= message.payload.length;
    const done = this.#options.handle(lane, message);
    if (done) {
      lane.busy = true;
      void this.#waitFor(lane, done);
    }
    return true;
  }

  async #waitFor(lane: AgentLane, done: Promise<void>): Promise<void> {
    await done;
    lane.busy = false;
    this.wake();
  }
}
