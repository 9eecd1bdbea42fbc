/**
 * Publish, acknowledge, Republish of one subscription, in our own hands: a notification is acknowledged only after the sink
 * has made it durable; missing sequence numbers are asked for again, each once, and declared when they are gone.
 */
import {
  PublishRequest,
  RepublishRequest,
  StatusChangeNotification,
  StatusCodes,
  type NotificationMessage,
  type PublishResponse,
  type RepublishResponse,
} from 'node-opcua-client';
import type { Logger } from '#platform/logger.ts';
import { UaFailure, isServiceStatus, toFailure } from './failure.ts';
import { answerOf, type UaServices } from './session.ts';
import { publishMsOf } from './publish-time.ts';

export interface PublishHandlers {
  /** Resolves when the values are durable. */
  notification(message: NotificationMessage, origin: 'publish' | 'republish'): Promise<void>;
  /** Anything was heard of the subscription. */
  alive(): void;
  /** A response is dealt with: whatever the server had up to `asOfMs` is durable. */
  handled(asOfMs: number): void;
  /** Notifications between two publish times are gone (ms since 1970, the server's clock). */
  lost(span: {
    readonly fromMs: number | undefined;
    readonly toMs: number;
    readonly count: number;
  }): Promise<void>;
  /** The loop has ended: the session must be built anew. Called once. */
  failed(failure: UaFailure): void;
}

export interface PublishLoopOptions {
  readonly session: UaServices;
  readonly endpoint: string;
  readonly subscriptionId: number;
  readonly keepAliveMs: number;
  /** Agent's clock, ms since 1970. */
  readonly now: () => number;
  readonly pace: () => Promise<void>;
  readonly handlers: PublishHandlers;
  readonly log: Logger;
}

/** Publish requests waiting at the server, so that none is missing while a response is on its way. */
const OUTSTANDING = 3;
/** Republish requests without a message coming back, in a row: then the rest counts as lost. */
const MAX_FRUITLESS = 10;
const MAX_REPUBLISH = 1_000;

/** UInt32 counters that wrap from 2^32 - 1 to 1: a - b as a small signed number. */
export const sequenceDistance = (a: number, b: number): number => (a - b) | 0;
export const nextSequence = (sequence: number): number => (sequence >= 0xffffffff ? 1 : sequence + 1);

/** A publish time that lies further back is a clock that stands wrong. */
const BELIEVED_DELAY_MS = 60_000;

/** What a response tells is as old as its publish time: it may have waited in a cable, or for a process that was frozen. */
function asOf(message: Parameters<typeof publishMsOf>[0], nowMs: number): number {
  const publishMs = publishMsOf(message) ?? nowMs;
  return publishMs <= nowMs && publishMs > nowMs - BELIEVED_DELAY_MS ? publishMs : nowMs;
}

export class PublishLoop {
  readonly #options: PublishLoopOptions;
  #acknowledgements: number[] = [];
  #waiting: { readonly response: PublishResponse; readonly asOfMs: number }[] = [];
  #inFlight = 0;
  #limit = OUTSTANDING;
  #processing = false;
  #ended = false;
  /** Sequence number of the next notification; `undefined`: not known, any is taken. */
  #expected: number | undefined;
  #lastPublishMs: number | undefined;
  /** Some servers number keep-alives differently: then only data tells of gaps. */
  #trustKeepAlives = true;
  #skippedByKeepAlive = false;
  #isResuming = false;

  constructor(options: PublishLoopOptions) {
    this.#options = options;
  }

  /** True while the sink holds us back: no Publish request is with the server, its silence means nothing. */
  get isHeld(): boolean {
    return this.#inFlight === 0 && (this.#processing || this.#waiting.length > 0);
  }

  /** After a transfer: what is journaled is acknowledged, what is not is asked for again, in order. @throws UaFailure */
  async takeOver(available: readonly number[], journaled: number | undefined): Promise<void> {
    const base = journaled ?? available[0] ?? 0;
    const sorted = [...available].sort((a, b) => sequenceDistance(a, base) - sequenceDistance(b, base));
    const newest = sorted.at(-1);
    const isNew = (sequence: number): boolean =>
      journaled === undefined || sequenceDistance(sequence, journaled) > 0;
    this.#acknowledgements.push(...sorted.filter((sequence) => !isNew(sequence)));
    const missing = sorted.filter(isNew);
    if (journaled !== undefined && missing[0] !== undefined) this.#expected = nextSequence(journaled);
    if (newest !== undefined && missing.length > 0) {
      const from = this.#expected ?? missing[0] ?? newest;
      await this.#heal(from, nextSequence(newest), new Set(missing));
      this.#expected = nextSequence(newest);
    } else if (journaled !== undefined) this.#expected = nextSequence(journaled);
  }

  /** The session and its subscription lived on: the numbering tells what is missing, the first answer what is still kept. */
  resume(journaled: number | undefined): void {
    if (journaled === undefined) return;
    this.#expected = nextSequence(journaled);
    this.#isResuming = true;
  }

  start(): void {
    this.#pump();
  }

  /** No more requests are sent, late responses are not looked at (and not acknowledged). */
  stop(): void {
    this.#ended = true;
    this.#waiting = [];
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.stop();
    this.#options.handlers.failed(toFailure(error, this.#options.endpoint));
  }

  #pump(): void {
    while (!this.#ended && this.#inFlight + this.#waiting.length + (this.#processing ? 1 : 0) < this.#limit)
      this.#send();
  }

  #send(): void {
    const { session, subscriptionId, keepAliveMs } = this.#options;
    const acknowledged = this.#acknowledgements;
    this.#acknowledgements = [];
    this.#inFlight += 1;
    const request = new PublishRequest({
      requestHeader: { timeoutHint: Math.max(20_000, keepAliveMs * (OUTSTANDING + 1) * 3) },
      subscriptionAcknowledgements: acknowledged.map((sequenceNumber) => ({
        subscriptionId,
        sequenceNumber,
      })),
    });
    session.publish(request, (error, response) => {
      this.#inFlight -= 1;
      if (this.#ended) return;
      if (error || !response) this.#refused(error ?? new Error('no response'), acknowledged);
      else {
        this.#options.handlers.alive();
        this.#waiting.push({ response, asOfMs: asOf(response.notificationMessage, this.#options.now()) });
        void this.#process();
      }
    });
  }

  #refused(error: Error, acknowledged: readonly number[]): void {
    // Acknowledging again does no harm: the answer would be BadSequenceNumberUnknown.
    this.#acknowledgements.unshift(...acknowledged);
    if (isServiceStatus(error, StatusCodes.BadTooManyPublishRequests)) {
      this.#limit = Math.max(1, Math.min(this.#limit - 1, this.#inFlight));
      if (this.#inFlight > 0) return;
      setTimeout(() => this.#pump(), 250).unref();
    } else if (isServiceStatus(error, StatusCodes.BadTimeout)) setTimeout(() => this.#pump(), 50).unref();
    else this.#fail(error);
  }

  /** One response after the other, each durable before the next: the order of a signal's values is the server's. */
  async #process(): Promise<void> {
    if (this.#processing) return;
    this.#processing = true;
    try {
      for (let next = this.#waiting.shift(); next && !this.#ended; next = this.#waiting.shift()) {
        await this.#handle(next.response);
        this.#options.handlers.handled(next.asOfMs);
        this.#pump();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#processing = false;
    }
    this.#pump();
  }

  async #handle(response: PublishResponse): Promise<void> {
    const { subscriptionId, log } = this.#options;
    if (response.subscriptionId !== subscriptionId) {
      log.warn(
        { subscriptionId: response.subscriptionId },
        'a notification of a subscription that is not ours',
      );
      return;
    }
    const message = response.notificationMessage;
    const sequence = message.sequenceNumber;
    const isKeepAlive = (message.notificationData?.length ?? 0) === 0;
    this.#acknowledgeOld(response.availableSequenceNumbers ?? []);
    const ahead = this.#expected === undefined ? 0 : sequenceDistance(sequence, this.#expected);
    if (isKeepAlive) {
      if (ahead > 0 && this.#trustKeepAlives && this.#expected !== undefined) {
        await this.#heal(this.#expected, sequence, new Set(response.availableSequenceNumbers ?? []), message);
        this.#expected = sequence;
        this.#skippedByKeepAlive = true;
      }
      return;
    }
    if (ahead < 0) {
      if (!this.#skippedByKeepAlive) {
        this.#acknowledgements.push(sequence);
        return;
      }
      this.#trustKeepAlives = false;
    }
    this.#skippedByKeepAlive = false;
    if (ahead > 0 && this.#expected !== undefined)
      await this.#heal(this.#expected, sequence, new Set(response.availableSequenceNumbers ?? []), message);
    await this.#deliver(message, 'publish');
    this.#expected = nextSequence(sequence);
  }

  /** Journaled before the connection was lost, acknowledgement lost with it. */
  #acknowledgeOld(available: readonly number[]): void {
    const expected = this.#expected;
    if (!this.#isResuming || expected === undefined) return;
    this.#isResuming = false;
    this.#acknowledgements.push(...available.filter((old) => sequenceDistance(old, expected) < 0));
  }

  async #deliver(message: NotificationMessage, origin: 'publish' | 'republish'): Promise<void> {
    for (const data of message.notificationData ?? [])
      // GoodSubscriptionTransferred after a take-over is about the session that we had before: servers deliver it late,
      // to the new one. Were the subscription really taken from us, its silence would tell.
      if (data instanceof StatusChangeNotification && !data.status.isGoodish())
        throw new UaFailure(
          'retry',
          data.status.name,
          `the server ended the subscription (${data.status.name})`,
          'A new one is made; look into the log of the server if this repeats',
        );
    await this.#options.handlers.notification(message, origin);
    this.#lastPublishMs = publishMsOf(message) ?? this.#lastPublishMs;
    this.#acknowledgements.push(message.sequenceNumber);
  }

  /**
   * Asks for the notifications `from` (inclusive) to `end` (exclusive) again. Each is asked for once at most, so that a server which
   * answers Good with an empty message (several do) cannot keep us here.
   */
  async #heal(
    from: number,
    end: number,
    available: ReadonlySet<number>,
    current?: NotificationMessage,
  ): Promise<void> {
    const count = sequenceDistance(end, from);
    let gone = Math.max(0, count - MAX_REPUBLISH);
    let lost = 0;
    let fruitless = 0;
    // Told before anything behind it is delivered: a hole begins at what is known until then.
    const tell = async (next: NotificationMessage | undefined): Promise<void> => {
      if (gone === 0) return;
      const toMs = publishMsOf(next) ?? this.#options.now();
      await this.#options.handlers.lost({ fromMs: this.#lastPublishMs, toMs, count: gone });
      lost += gone;
      gone = 0;
    };
    let sequence = count > MAX_REPUBLISH ? end - MAX_REPUBLISH : from;
    for (; sequence !== end; sequence = nextSequence(sequence)) {
      const isWorthAsking = fruitless < MAX_FRUITLESS && (available.size === 0 || available.has(sequence));
      const message = isWorthAsking ? await this.#republish(sequence) : undefined;
      if (message) {
        fruitless = 0;
        await tell(message);
        await this.#deliver(message, 'republish');
      } else {
        if (isWorthAsking) fruitless += 1;
        gone += 1;
      }
    }
    await tell(current);
    this.#options.log.info({ asked: count, lost }, 'notifications were missing and asked for again');
  }

  async #republish(sequence: number): Promise<NotificationMessage | undefined> {
    const { session, subscriptionId, pace } = this.#options;
    await pace();
    const request = new RepublishRequest({ subscriptionId, retransmitSequenceNumber: sequence });
    try {
      const response = await answerOf<RepublishResponse>((done) => session.republish(request, done));
      const { notificationMessage: message } = response;
      const isTheOne = message.sequenceNumber === sequence && (message.notificationData?.length ?? 0) > 0;
      return isTheOne ? message : undefined;
    } catch (error) {
      if (isServiceStatus(error, StatusCodes.BadMessageNotAvailable, StatusCodes.BadSequenceNumberUnknown))
        return undefined;
      throw error;
    }
  }
}
