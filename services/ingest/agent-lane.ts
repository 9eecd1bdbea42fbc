import type { StreamKey } from '#domain/sample-store.ts';
import type { SparkplugTopic } from '#contracts/sparkplug/topics.ts';
import { StreamContext } from './stream-context.ts';

/** One message as it came; kept until what is in it is durable. */
export interface RawMessage {
  readonly topic: SparkplugTopic;
  readonly topicText: string;
  readonly payload: Uint8Array;
  /** ms since 1970. */
  readonly receivedAtMs: number;
}

/** Epochs kept for decoding: the current one and those whose records may still be under way. */
const MAX_STREAMS = 4;

/** All that is kept of one agent: its messages in their order, its streams, what waits for a catalogue. */
export class AgentLane {
  readonly site: string;
  readonly agentId: string;
  /** `site/agent`. */
  readonly agent: string;
  readonly queue: RawMessage[] = [];
  /** A birth or a catalogue is being put into the store: what follows must wait. */
  busy = false;
  /** Have we heard its birth since we are connected? */
  born = false;
  bdSeq: number | undefined;
  rebirthAskedAtMs = -Infinity;
  readonly streams = new Map<string, StreamContext>();
  readonly #held = new Map<string, RawMessage>();
  #heldBytes = 0;

  constructor(site: string, agentId: string) {
    this.site = site;
    this.agentId = agentId;
    this.agent = `${site}/${agentId}`;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  openStream(epoch: string): StreamContext {
    const stream = this.streams.get(epoch) ?? new StreamContext({ agent: this.agent, epoch });
    // Behind the others: the map's order is the order of births.
    this.streams.delete(epoch);
    this.streams.set(epoch, stream);
    for (const [old, { pending }] of this.streams) {
      if (this.streams.size <= MAX_STREAMS) break;
      if (pending.size === 0) this.streams.delete(old);
    }
    return stream;
  }

  /** Two agents write in this epoch: the answer to the next birth tells them. False where it is another agent's, or forgotten. */
  fork({ agent, epoch }: StreamKey): boolean {
    const stream = agent === this.agent ? this.streams.get(epoch) : undefined;
    if (stream) stream.isForked = true;
    return stream !== undefined;
  }

  /** The stream of the last birth: what is decoded by at first. */
  get currentStream(): StreamContext | undefined {
    return [...this.streams.values()].at(-1);
  }

  /** Keeps a record until its catalogue is known. False: the bound is reached, the agent will send it again. */
  hold(key: string, message: RawMessage, limitBytes: number): boolean {
    if (this.#held.has(key)) return true;
    if (this.#heldBytes + message.payload.length > limitBytes) return false;
    this.#held.set(key, message);
    this.#heldBytes += message.payload.length;
    return true;
  }

  /** Takes out all that is held, in the order it came. */
  releaseHeld(): RawMessage[] {
    const messages = [...this.#held.values()];
    this.#held.clear();
    this.#heldBytes = 0;
    return messages;
  }
}
