import { machineId } from '#domain/asset-path.ts';
import type { StreamKey, StreamState } from '#domain/sample-store.ts';
import type { Logger } from '#platform/logger.ts';
import { textFrom } from '#contracts/sparkplug/long-text.ts';
import { decodePayload } from '#contracts/sparkplug/payload.ts';
import { StreamMetric } from '#contracts/sparkplug/record.ts';
import type { AgentLane, RawMessage } from './agent-lane.ts';
import { bdSeqOf, textOf } from './birth-metrics.ts';
import type { CatalogueLearner } from './catalogue-learner.ts';
import { readCatalogue, type RefusalCode } from './decode-message.ts';
import type { PresenceBoard } from './presence-board.ts';

/** Why a payload is refused, and of which record it is. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  readonly stream?: StreamKey | undefined;
  readonly sequence?: number | undefined;
  readonly samples?: number | undefined;
}

/** What an answer says beside what the store has. */
export interface BirthAnswer {
  /** Name of the birth that is answered, where it has one. */
  readonly birth: string | undefined;
  readonly isForked: boolean;
  /** Another store has acknowledged to the agent before. */
  readonly isOfOtherStore: boolean;
}

export interface BirthDeskPorts {
  readonly storeId: () => string;
  /** Until the store has answered; `undefined` only when stopped meanwhile. */
  readonly open: (stream: StreamKey) => Promise<StreamState | undefined>;
  readonly announce: (state: StreamState, about: BirthAnswer) => void;
  readonly releaseHeld: (lane: AgentLane) => void;
  readonly askRebirth: (lane: AgentLane) => void;
  readonly refuse: (message: RawMessage, why: Refusal) => Promise<void>;
  readonly learner: CatalogueLearner;
  readonly board: PresenceBoard;
  readonly log: Logger;
}

/** Takes births and deaths: opens streams, answers what the store has of them, learns catalogues. */
export class BirthDesk {
  readonly #ports: BirthDeskPorts;

  constructor(ports: BirthDeskPorts) {
    this.#ports = ports;
  }

  async node(lane: AgentLane, message: RawMessage): Promise<void> {
    const { metrics } = decodePayload(message.payload);
    lane.born = true;
    lane.bdSeq = bdSeqOf(metrics);
    this.#ports.board.agentHeard(lane.site, lane.agent, message.receivedAtMs);
    const epoch = textOf(metrics, StreamMetric.epoch);
    if (epoch === undefined || !/^[0-9a-f]{16}$/.test(epoch)) {
      await this.#ports.refuse(message, {
        code: 'STREAM_HEADER_MISSING',
        reason: 'NBIRTH without Stream/Epoch: not an edge agent of this system',
      });
      return;
    }
    const stream = lane.openStream(epoch);
    // What came before is in the answer: the agent may carry what is not in it over into another epoch.
    await stream.pending.settled();
    const state = await this.#ports.open(stream.key);
    if (!state) return;
    const knows = textOf(metrics, StreamMetric.store);
    this.#ports.announce(state, {
      birth: textOf(metrics, StreamMetric.birth),
      isForked: stream.isForked,
      isOfOtherStore: knows !== undefined && knows !== this.#ports.storeId(),
    });
    this.#ports.releaseHeld(lane);
  }

  async device(lane: AgentLane, message: RawMessage, device: string): Promise<void> {
    const { metrics } = decodePayload(message.payload);
    this.#ports.board.agentHeard(lane.site, lane.agent, message.receivedAtMs);
    this.#ports.board.machineBorn(machineId(lane.site, device), lane.agent, message.receivedAtMs);
    const epoch = textOf(metrics, StreamMetric.epoch);
    const stream = epoch === undefined ? lane.currentStream : lane.streams.get(epoch);
    const text = textFrom(StreamMetric.catalogue, (name) => metrics.find((metric) => metric.name === name));
    if (!stream) {
      this.#ports.askRebirth(lane);
      return;
    }
    if (text !== undefined && this.#ports.learner.knows(stream, device, text)) return;
    const catalogue = text === undefined ? 'Stream/Catalogue is missing' : readCatalogue(lane.site, text);
    if (typeof catalogue === 'string' || catalogue.wire.machine.id !== device) {
      const reason = typeof catalogue === 'string' ? catalogue : 'the catalogue is of another machine';
      await this.#ports.refuse(message, { code: 'CATALOGUE_INVALID', reason });
      return;
    }
    const problem = await this.#ports.learner.learn(stream, catalogue);
    if (problem) await this.#ports.refuse(message, problem);
    else this.#ports.releaseHeld(lane);
  }

  /** A death of an earlier session (its bdSeq differs from the birth's) says nothing of this one. */
  nodeDeath(lane: AgentLane, message: RawMessage): void {
    const bdSeq = bdSeqOf(decodePayload(message.payload).metrics);
    if (lane.born && lane.bdSeq !== undefined && bdSeq !== lane.bdSeq) {
      this.#ports.log.info(
        { agent: lane.agent, bdSeq, current: lane.bdSeq },
        'a late NDEATH of an earlier session',
      );
      return;
    }
    lane.born = false;
    this.#ports.board.agentDied(lane.agent);
  }
}
