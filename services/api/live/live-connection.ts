import type { RawData, WebSocket } from 'ws';
import {
  clientMessageSchema,
  LIVE_HEARTBEAT_MS,
  LIVE_MAX_SIGNALS,
  LIVE_MAX_SUBSCRIPTIONS,
  LIVE_WINDOW,
  type ClientMessage,
} from '#contracts/live.ts';
import type { ProblemCode } from '#contracts/problems.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { joinColumns, type FrameColumns } from './frame-columns.ts';
import type { EventLog } from './event-log.ts';
import type { Feed, FeedKey } from './feed.ts';
import type { LiveMetrics } from './live-metrics.ts';
import type { PathWatch } from './path-watch.ts';
import type { Resolution, SignalIndex } from './signal-index.ts';
import { Subscription, type Turn } from './subscription.ts';

/** A socket that holds more than this unsent gets no further dictionary or event: it is closed. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
const MESSAGES_PER_SECOND = 100;
const MESSAGES_BURST = 300;
const MAX_BAD_MESSAGES = 20;
/** Whoever connects and does not greet keeps a place that a browser may need. */
const GREETING_MS = 10_000;
/** RFC 6455, 7.4.1 */
const CLOSE_POLICY = 1008;
const CLOSE_TRY_LATER = 1013;

/** What a connection needs of the hub. */
export interface ConnectionHost {
  readonly epoch: string;
  readonly index: SignalIndex;
  readonly events: EventLog;
  readonly paths: PathWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: LiveMetrics;
  /** By the catalogue of this moment. */
  resolve(tags: readonly string[]): Resolution;
  takeFeed(key: FeedKey): Feed;
  releaseFeed(feed: Feed): void;
  turnNow(): Turn;
  forget(connection: LiveConnection): void;
}

type Phase = 'greeting' | 'open' | 'closed';

/** One browser on `WS /live`: its subscriptions, its credits, and what it may ask. */
export class LiveConnection {
  readonly #hub: ConnectionHost;
  readonly #socket: WebSocket;
  readonly #subscriptions = new Map<number, Subscription>();
  #phase: Phase = 'greeting';
  #sentFrames = 0;
  #acknowledgedFrames = 0;
  #lastFrameAtMs = -Infinity;
  #lastStaleAtMs = -Infinity;
  #staleVersion = -1;
  #seenEvents = 0;
  #tokens = MESSAGES_BURST;
  #tokensAtMs = 0;
  #openedAtMs = 0;
  #badMessages = 0;
  /** Cleared by each ping, set by its pong. */
  #answers = true;

  constructor(hub: ConnectionHost, socket: WebSocket) {
    this.#hub = hub;
    this.#socket = socket;
  }

  open(monotonicMs: number): void {
    this.#tokensAtMs = monotonicMs;
    this.#openedAtMs = monotonicMs;
    this.#socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    this.#socket.on('pong', () => {
      this.#answers = true;
    });
    this.#socket.on('close', () => this.#closed());
    this.#socket.on('error', (error) => this.#hub.log.debug({ err: error }, 'a live connection failed'));
  }

  #closed(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    for (const subscription of this.#subscriptions.values()) this.#hub.releaseFeed(subscription.feed);
    this.#subscriptions.clear();
    this.#hub.forget(this);
  }

  terminate(): void {
    this.#socket.terminate();
    this.#closed();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Half-open connections do not answer the ping before the next one. */
  ping(): void {
    const silentMs = this.#hub.clock.monotonic() - this.#openedAtMs;
    if (this.#phase === 'greeting' && silentMs >= GREETING_MS) {
      this.#refuse('BAD_PARAMETER', `No {"hello":1} came for ${GREETING_MS / 1_000} s.`, 'no-hello');
      return;
    }
    if (!this.#answers) {
      this.#hub.metrics.refused.inc({ reason: 'no-pong' });
      this.terminate();
      return;
    }
    this.#answers = false;
    this.#socket.ping();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#phase === 'closed') return;
    const now = this.#hub.clock.monotonic();
    if (!this.#spendToken(now)) {
      this.#refuse('TOO_MANY_REQUESTS', `More than ${MESSAGES_PER_SECOND} messages a second.`, 'flood');
      return;
    }
    const message = isBinary ? undefined : parseMessage(data);
    this.#guard(() => {
      if (typeof message === 'object') this.#handle(message);
      else this.#onBadMessage(message ?? 'Messages are JSON text, not binary.');
    });
  }

  /** A turn of the hub: events, and what is due or waits. */
  onTurn(turn: Turn): void {
    this.#guard(() => {
      this.sendEvents();
      this.flush(turn);
    });
  }

  /** A mistake in serving one browser closes that one; the others live on. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#hub.log.error({ err: error }, 'a live connection is closed: serving it failed');
      this.#hub.metrics.refused.inc({ reason: 'internal' });
      this.terminate();
    }
  }

  #spendToken(now: number): boolean {
    const earned = ((now - this.#tokensAtMs) / 1_000) * MESSAGES_PER_SECOND;
    this.#tokens = Math.min(MESSAGES_BURST, this.#tokens + earned) - 1;
    this.#tokensAtMs = now;
    return this.#tokens >= 0;
  }

  #onBadMessage(detail: string): void {
    this.#badMessages += 1;
    if (this.#badMessages > MAX_BAD_MESSAGES) this.#refuse('BAD_PARAMETER', detail, 'bad-messages');
    else this.#problem('BAD_PARAMETER', detail);
  }

  #refuse(code: ProblemCode, detail: string, reason: string): void {
    this.#hub.metrics.refused.inc({ reason });
    this.#problem(code, detail);
    this.#socket.close(CLOSE_POLICY, reason);
    this.#closed();
  }

  #problem(code: ProblemCode, detail: string): void {
    this.#send(JSON.stringify({ problem: { code, detail } }));
  }

  #handle(message: ClientMessage): void {
    if ('hello' in message) this.#onHello(message);
    else if (this.#phase === 'greeting') this.#onBadMessage('Say hello first: {"hello":1}.');
    else if ('a' in message) this.#onAcknowledge(message.a, message.p);
    else if ('sub' in message) this.#onSubscribe(message);
    else this.#unsubscribe(message.unsub);
  }

  #onHello({ resume }: Extract<ClientMessage, { hello: number }>): void {
    this.#phase = 'open';
    const sameEpoch = resume?.epoch === this.#hub.epoch;
    this.#seenEvents = sameEpoch ? Math.min(resume.es, this.#hub.events.last) : this.#hub.events.last;
    this.sendEvents();
    this.flush(this.#hub.turnNow());
  }

  #onAcknowledge(frame: number, paintMs: number | undefined): void {
    if (frame > this.#sentFrames) {
      this.#onBadMessage(`Frame ${frame} was not sent yet.`);
      return;
    }
    if (frame > this.#acknowledgedFrames) this.#acknowledgedFrames = frame;
    if (paintMs !== undefined) this.#hub.metrics.paint.observe(paintMs / 1_000);
    this.#sendWaiting();
  }

  #onSubscribe(message: Extract<ClientMessage, { sub: number }>): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#hub.metrics.refused.inc({ reason: 'unread' });
      this.#socket.close(CLOSE_TRY_LATER, 'unread');
      return;
    }
    const { sub, tags, rate, mode } = message;
    const { signals, unknown } = this.#hub.resolve(tags);
    const others = [...this.#subscriptions.values()].filter(({ number }) => number !== sub);
    const total = others.reduce((sum, { feed }) => sum + feed.signals.length, signals.length);
    if (total > LIVE_MAX_SIGNALS || others.length >= LIVE_MAX_SUBSCRIPTIONS) {
      this.#problem(
        'TOO_LARGE',
        `A connection may have ${LIVE_MAX_SUBSCRIPTIONS} subscriptions with ${LIVE_MAX_SIGNALS} signals in all.`,
      );
      return;
    }
    this.#unsubscribe(sub);
    const feed = this.#hub.takeFeed({ signals, rateHz: rate, mode });
    this.#subscriptions.set(sub, new Subscription(sub, tags, feed, unknown));
    this.#sendDictionary(sub);
    this.#sendWaiting();
  }

  #unsubscribe(number: number): void {
    const subscription = this.#subscriptions.get(number);
    if (!subscription) return;
    this.#subscriptions.delete(number);
    this.#hub.releaseFeed(subscription.feed);
  }

  #sendDictionary(number: number): void {
    const subscription = this.#subscriptions.get(number);
    if (!subscription) return;
    const ids = this.#hub.index.entries(subscription.feed.signals);
    const { unknown } = subscription;
    this.#send(JSON.stringify({ dict: number, ids, unknown, epoch: this.#hub.epoch }));
  }

  /** The catalogue has changed: subscriptions whose tags mean something else now start anew. */
  resolveAgain(changedMeaning: (signals: Int32Array) => boolean): void {
    const before = [...this.#subscriptions.values()];
    for (const { number, tags, feed } of before) {
      const { signals, unknown } = this.#hub.index.resolve(tags);
      if (Buffer.compare(bytesOf(signals), bytesOf(feed.signals)) === 0 && !changedMeaning(signals)) continue;
      const key = { signals, rateHz: feed.rateHz, mode: feed.mode };
      this.#unsubscribe(number);
      this.#subscriptions.set(number, new Subscription(number, tags, this.#hub.takeFeed(key), unknown));
      this.#sendDictionary(number);
    }
    this.#sendWaiting();
  }

  sendEvents(): void {
    const { events } = this.#hub;
    if (this.#phase !== 'open' || this.#seenEvents >= events.last) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return;
    this.#send(JSON.stringify({ e: events.since(this.#seenEvents), es: events.last }));
    this.#seenEvents = events.last;
  }

  get #hasCredit(): boolean {
    return this.#sentFrames - this.#acknowledgedFrames < LIVE_WINDOW;
  }

  #sendWaiting(): void {
    if (![...this.#subscriptions.values()].some(({ waiting }) => waiting)) return;
    this.flush(this.#hub.turnNow());
  }

  /** Sends what is due or waits, if there is a credit; else lets the subscriptions conflate. */
  flush(turn: Turn): void {
    if (this.#phase !== 'open') return;
    if (!this.#hasCredit) {
      this.#miss();
      return;
    }
    const parts: FrameColumns[] = [];
    const snapshots: number[] = [];
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.snapshotDue) snapshots.push(subscription.number);
      const columns = subscription.take(turn);
      if (columns && columns.count > 0) parts.push(columns);
    }
    const { paths } = this.#hub;
    const now = turn.monotonicMs;
    const tellStale =
      this.#staleVersion !== paths.version ||
      now - this.#lastStaleAtMs >= LIVE_HEARTBEAT_MS - turn.toleranceMs;
    const heartbeat = now - this.#lastFrameAtMs >= LIVE_HEARTBEAT_MS - turn.toleranceMs;
    const changed = this.#staleVersion !== paths.version;
    if (parts.length === 0 && snapshots.length === 0 && !heartbeat && !changed) return;
    this.#sendFrame(turn, { parts, snapshots, tellStale });
  }

  #miss(): void {
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.feed.due) continue;
      subscription.miss();
      this.#hub.metrics.conflated.inc();
    }
  }

  #sendFrame(
    turn: Turn,
    content: { parts: readonly FrameColumns[]; snapshots: readonly number[]; tellStale: boolean },
  ): void {
    this.#sentFrames += 1;
    let frame = `{"f":${this.#sentFrames},"t":${turn.serverMs},${joinColumns(content.parts)}`;
    if (content.snapshots.length > 0) frame += `,"snap":[${content.snapshots.join(',')}]`;
    if (content.tellStale) {
      frame += `,"stale":${this.#hub.paths.json}`;
      this.#staleVersion = this.#hub.paths.version;
      this.#lastStaleAtMs = turn.monotonicMs;
    }
    frame += '}';
    this.#lastFrameAtMs = turn.monotonicMs;
    this.#hub.metrics.frames.inc();
    this.#hub.metrics.bytes.inc(frame.length);
    this.#send(frame);
  }

  #send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }
}

/** The message, or a sentence that says what is wrong with it. */
function parseMessage(data: RawData): ClientMessage | string {
  let json: unknown;
  try {
    json = JSON.parse(bufferOf(data).toString('utf8'));
  } catch {
    return 'The message is not JSON.';
  }
  const result = clientMessageSchema.safeParse(json);
  return result.success
    ? result.data
    : 'The message is none of hello, sub, unsub, a; or one of its fields is wrong.';
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

const bytesOf = (numbers: Int32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
