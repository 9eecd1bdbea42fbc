import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { MachineId } from '#domain/asset-path.ts';
import type { Presence } from '#contracts/presence.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { EventLog, PresenceEvents } from './event-log.ts';
import { Feed, type FeedKey } from './feed.ts';
import { HistoryNews } from './history-news.ts';
import { LiveConnection, type ConnectionHost } from './live-connection.ts';
import type { LiveMetrics } from './live-metrics.ts';
import { LiveValues } from './live-values.ts';
import { PathWatch } from './path-watch.ts';
import { SignalIndex, type Resolution } from './signal-index.ts';
import type { Turn } from './subscription.ts';

/** A turn of the hub: the resolution of rates, half of the greatest rate's period. */
const TURN_MS = 25;
const LOOK_MS = 100;
/** The catalogue is read again at most this often. */
const RENEW_MS = 250;
const PING_MS = 10_000;

export interface LiveHubOptions {
  readonly store: Pick<SampleStore, 'machines' | 'signalNo' | 'latest' | 'onStored' | 'onGap'>;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: LiveMetrics;
}

/** Keeps the last values in memory and hands them to the connections, at each one's rate and within its credits. */
export class LiveHub implements ConnectionHost {
  /** SignalNos are the ids of the wire; they are void for a client when this changes. */
  readonly epoch = randomBytes(8).toString('hex');
  readonly values = new LiveValues();
  readonly events = new EventLog();
  readonly paths: PathWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: LiveMetrics;
  index = new SignalIndex();
  readonly #store: LiveHubOptions['store'];
  readonly #presence: Presence;
  readonly #presenceEvents: PresenceEvents;
  readonly #connections = new Set<LiveConnection>();
  readonly #feeds = new Map<string, { readonly feed: Feed; members: number }>();
  readonly #keyOf = new Map<Feed, string>();
  readonly #news = new HistoryNews();
  readonly #undo: (() => void)[] = [];
  #presenceChanged = false;
  #catalogueDoubtful = false;
  #renewedAtMs = -Infinity;
  #lookedAtMs = -Infinity;
  #pingedAtMs = 0;

  constructor(options: LiveHubOptions) {
    this.#store = options.store;
    this.#presence = options.presence;
    this.clock = options.clock;
    this.log = options.log;
    this.metrics = options.metrics;
    this.paths = new PathWatch(options.presence, options.clock.now());
    this.#presenceEvents = new PresenceEvents(options.presence);
  }

  start(): void {
    this.#readCatalogue();
    this.values.seed(this.#store.latest());
    this.#presenceEvents.changes(this.clock.now(), true);
    this.#look(this.clock.monotonic());
    const { clock, values } = this;
    this.#undo.push(
      this.#store.onStored((machine, batch) => {
        values.apply(batch, clock.monotonic());
        this.#news.stored(machine, batch);
      }),
    );
    const forgetGaps = this.#store.onGap?.((gap) => this.#news.gap(gap));
    if (forgetGaps) this.#undo.push(forgetGaps);
    this.#undo.push(
      this.#presence.onChange(() => {
        this.#presenceChanged = true;
        this.#catalogueDoubtful = true;
      }),
    );
    const timer = setInterval(() => this.#turn(), TURN_MS);
    this.#undo.push(() => clearInterval(timer));
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    for (const connection of this.#connections) connection.close(1001, 'the server stops');
    const left = [...this.#connections];
    setTimeout(() => left.forEach((connection) => connection.terminate()), 500).unref();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  accept(socket: WebSocket): void {
    const connection = new LiveConnection(this, socket);
    this.#connections.add(connection);
    this.metrics.connections.set(this.#connections.size);
    connection.open(this.clock.monotonic());
  }

  forget(connection: LiveConnection): void {
    this.#connections.delete(connection);
    this.metrics.connections.set(this.#connections.size);
  }

  resolve(tags: readonly string[]): Resolution {
    if (this.#catalogueDoubtful) this.#renewCatalogue(this.clock.monotonic());
    return this.index.resolve(tags);
  }

  takeFeed(key: FeedKey): Feed {
    const text = Feed.keyText(key);
    let entry = this.#feeds.get(text);
    if (!entry) {
      entry = { feed: new Feed(key, this.values.tick, this.clock.monotonic()), members: 0 };
      this.#feeds.set(text, entry);
      this.#keyOf.set(entry.feed, text);
    }
    entry.members += 1;
    return entry.feed;
  }

  releaseFeed(feed: Feed): void {
    const text = this.#keyOf.get(feed) ?? '';
    const entry = this.#feeds.get(text);
    if (!entry) return;
    entry.members -= 1;
    if (entry.members > 0) return;
    this.#feeds.delete(text);
    this.#keyOf.delete(feed);
  }

  /** For sending between two turns: ends the tick that runs, so that what is sent now is not sent once more. */
  turnNow(): Turn {
    const { values } = this;
    for (const { feed } of this.#feeds.values()) feed.collect(values);
    values.nextTick();
    return this.#turnAt(this.clock.monotonic());
  }

  #turnAt(monotonicMs: number): Turn {
    return {
      values: this.values,
      serverMs: Math.floor(this.clock.now()),
      monotonicMs,
      toleranceMs: TURN_MS / 2,
      completeTick: this.values.tick - 1,
    };
  }

  #turn(): void {
    const now = this.clock.monotonic();
    this.#upkeep(now);
    if (this.#connections.size > 0) this.#deliver(now);
    else this.values.nextTick();
  }

  #upkeep(now: number): void {
    const presenceChanged = this.#presenceChanged;
    this.#presenceChanged = false;
    if (now - this.#renewedAtMs >= RENEW_MS) {
      if (this.#catalogueDoubtful || this.values.beyondCatalogue) this.#renewCatalogue(now);
    }
    if (presenceChanged || now - this.#lookedAtMs >= LOOK_MS) this.#look(now);
    if (presenceChanged) {
      for (const event of this.#presenceEvents.changes(this.clock.now())) this.events.append(event);
    }
    for (const event of this.#news.due(now, this.clock.now())) this.events.append(event);
    if (now - this.#pingedAtMs >= PING_MS) {
      this.#pingedAtMs = now;
      for (const connection of this.#connections) connection.ping();
    }
  }

  #deliver(now: number): void {
    const { values } = this;
    const toleranceMs = TURN_MS / 2;
    let due = false;
    const { tickBeganAt } = values;
    for (const { feed } of this.#feeds.values()) {
      feed.collect(values);
      feed.beginTurn(now, toleranceMs);
      due ||= feed.due;
    }
    values.nextTick();
    const turn = this.#turnAt(now);
    for (const connection of this.#connections) connection.onTurn(turn);
    for (const { feed } of this.#feeds.values()) feed.endTurn(turn.completeTick, now, toleranceMs);
    if (due && !Number.isNaN(tickBeganAt)) {
      this.metrics.storedToSent.observe((this.clock.monotonic() - tickBeganAt) / 1_000);
    }
  }

  #look(now: number): void {
    this.#lookedAtMs = now;
    if (!this.index.isOf(this.#store.machines())) this.#catalogueDoubtful = true;
    this.paths.look(this.index.machineIds(), this.clock.now(), (machine) => this.#lastSampleMs(machine));
  }

  #lastSampleMs(machine: MachineId): number | undefined {
    let latest: number | undefined;
    for (const no of this.index.signalsOf(machine)) {
      if ((this.values.changed[no] ?? 0) === 0) continue;
      const time = this.values.timeMs(no);
      if (latest === undefined || time > latest) latest = time;
    }
    return latest;
  }

  #readCatalogue(): void {
    this.index = SignalIndex.of(this.#store);
    this.values.reserve(this.index.greatest);
  }

  #renewCatalogue(now: number): void {
    this.#catalogueDoubtful = false;
    this.#renewedAtMs = now;
    const before = this.index;
    this.#readCatalogue();
    const changedMeaning = (signals: Int32Array): boolean =>
      JSON.stringify(before.entries(signals)) !== JSON.stringify(this.index.entries(signals));
    for (const connection of this.#connections) connection.resolveAgain(changedMeaning);
  }
}
