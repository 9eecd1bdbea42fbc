/** One machine: its state, its attempts, and what is told to the rest of the agent. */
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { PathProblem } from '#contracts/delivery.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { MachineLink, Source, SourceMachine, SourceSink, SourceState } from '../../pipeline/source.ts';
import { pause, within } from './deadline.ts';
import { toFailure, type UaFailure } from './failure.ts';
import { sayFarewell } from './farewell.ts';
import type { ItemsReport } from './live-session-options.ts';
import { LiveSession } from './live-session.ts';
import { NotificationReader } from './notification-reader.ts';
import { BackOff, Pace } from './pace.ts';
import type { OwnIdentity } from './pki.ts';
import type { UaServices } from './session.ts';
import { parseHints } from './subscription.ts';

export interface OpcUaSourceOptions {
  /** As configured; `passwordFile` is already relative to nothing (absolute). */
  readonly config: MachineConfig;
  /** What the catalogue says of the machine. */
  readonly machine: SourceMachine;
  readonly client: EdgeAgentConfig['opcua'];
  /** One identity for the whole agent, see `ownIdentity`. */
  readonly identity: () => Promise<OwnIdentity>;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Where the connection to one machine stands. Exactly one of these, always. */
export type LinkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly after: UaFailure | undefined }
  | { readonly kind: 'browsing'; readonly after: UaFailure | undefined }
  | { readonly kind: 'subscribing'; readonly after: UaFailure | undefined }
  | { readonly kind: 'online' }
  | { readonly kind: 'silent'; readonly failure: UaFailure }
  | { readonly kind: 'recovering'; readonly failure: UaFailure; readonly attempt: number }
  | { readonly kind: 'refused'; readonly failure: UaFailure }
  | { readonly kind: 'stopped' };

/** A refusal needs a person (or a server that has just started a moment more): asked again ever more rarely. */
/** No server answered: the port was closed, or what is before the server let the connection go. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'CONNECTION_LOST']);
const REFUSED_RETRY_MS = 2_000;
const REFUSED_RETRY_MAX_MS = 15_000;
const MAX_CAUTION = 64;
/** Paths with reasons in the state of a machine. */
const MAX_LISTED = 20;
/** Connections that did not come about; then the session at the server has ended by itself, or is stuck. */
const MAX_RESUME_TRIES = 20;
const STOP_TIMEOUT_MS = 6_000;

export function createOpcUaSource(options: OpcUaSourceOptions): Source & { readonly link: LinkState } {
  return new OpcUaSource(options);
}

class OpcUaSource implements Source {
  readonly #options: OpcUaSourceOptions;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #backOff = new BackOff();
  readonly #abort = new AbortController();
  #state: LinkState = { kind: 'idle' };
  #sink: SourceSink | undefined;
  #running: Promise<void> | undefined;
  #stopHow: 'keep' | 'remove' = 'keep';
  /** Link as last told to the sink; nothing is told before the first outcome, an agent's restart is not an outage. */
  #told: MachineLink | undefined;
  readonly #alive = { ms: 0 };
  #resumable: UaServices | undefined;
  #resumeTries = 0;
  /** Stopped on a connection whose server confirmed the end of the session. */
  #hasTidied = false;
  /** Connections in a row that ended in silence. */
  #silences = 0;
  #reader: NotificationReader | undefined;
  #live: LiveSession | undefined;
  #items: ItemsReport = { live: 0, failed: [], detail: '' };
  /** Requests are made so many times smaller than the server allows. */
  #caution = 1;
  #keepsLanguage = false;
  #refusals = 0;

  constructor(options: OpcUaSourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pace = new Pace(options.client.maxRecoveryRequestsPerS, this.#clock);
  }

  get link(): LinkState {
    return this.#state;
  }

  async start(sink: SourceSink, signal: AbortSignal): Promise<void> {
    if (this.#running || this.#state.kind === 'stopped') return;
    this.#sink = sink;
    const abort = (): void => this.#abort.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.#running = this.#run(sink).finally(() => signal.removeEventListener('abort', abort));
  }

  async stop(how: 'keep' | 'remove'): Promise<void> {
    this.#stopHow = how;
    this.#abort.abort();
    if (this.#running)
      await within(STOP_TIMEOUT_MS, 'stopping the source', this.#running).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'the source did not stop in time');
      });
    this.#state = { kind: 'stopped' };
  }

  state(): SourceState {
    const state = this.#state;
    const link = linkOf(state);
    const failure = 'failure' in state ? state.failure : 'after' in state ? state.after : undefined;
    const detail = failure?.detail ?? this.#items.detail;
    return {
      link,
      items: link === 'online' ? this.#items.live : 0,
      failedItems: this.#items.failed.length,
      failed: this.#items.failed.slice(0, MAX_LISTED),
      ...(detail !== '' && { detail: detail.slice(0, 500) }),
      ...(failure && { problem: this.#problemOf(failure) }),
    };
  }

  #problemOf({ code }: UaFailure): PathProblem {
    return { code: code.slice(0, 64), endpoint: this.#options.config.opcua.endpoint.slice(0, 300) };
  }

  async command(command: ConditionCommand): Promise<Omit<ConditionResult, 'id'>> {
    if (!this.#options.config.events.acknowledge)
      return { outcome: 'forbidden', detail: 'events.acknowledge of the machine is off' };
    if (this.#state.kind !== 'online' || !this.#live)
      return { outcome: 'away', detail: 'the machine is not connected' };
    return this.#live.command(command);
  }

  async #run(sink: SourceSink): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 1; !signal.aborted;) {
      const failure = await this.#episode(sink);
      if (signal.aborted) break;
      if (failure === 'again') continue;
      if (this.#told === 'online') attempt = 1;
      this.#outcome(failure, attempt);
      attempt += 1;
      await pause(this.#pauseMs(failure), signal);
    }
    if (this.#stopHow === 'remove' && !this.#hasTidied) await this.#tidy(sink);
  }

  /** Taken away between two connections, or on one that could not tidy up after itself any more. */
  async #tidy(sink: SourceSink): Promise<void> {
    const { config, identity, log } = this.#options;
    const hints = parseHints(sink.hints(config.id));
    if (!hints) return;
    const resume = this.#resumable;
    const clientName = `edge agent, ${config.id}`;
    const reason = await sayFarewell({ endpoint: config.opcua, identity, clientName, hints, resume }).then(
      (isDone) => (isDone ? undefined : 'the server did not confirm it'),
      messageOf,
    );
    if (reason === undefined) return;
    const { subscriptionId: subscription, wish } = hints;
    log.warn(
      { machine: config.id, subscription, lifetimeMs: wish.lifetimeMs, reason },
      'the subscription of a removed machine stays at its server until its lifetime is over',
    );
  }

  #pauseMs({ kind, code }: UaFailure): number {
    this.#refusals = kind === 'refused' ? this.#refusals + 1 : 0;
    if (this.#refusals === 0) return this.#backOff.next(NOBODY_THERE.has(code));
    return Math.min(REFUSED_RETRY_MAX_MS, REFUSED_RETRY_MS * 2 ** (this.#refusals - 1));
  }

  /** One connection from its beginning to its end. */
  async #episode(sink: SourceSink): Promise<UaFailure | 'again'> {
    const { config, log } = this.#options;
    const after = 'failure' in this.#state ? this.#state.failure : undefined;
    const again = this.#state.kind === 'online';
    const live = new LiveSession({
      ...this.#options,
      clock: this.#clock,
      sink,
      reader: (this.#reader ??= new NotificationReader(config.id, sink, this.#clock, config.events.texts)),
      pace: this.#pace,
      signal: this.#abort.signal,
      alive: this.#alive,
      resume: this.#resumable,
      startAfresh: this.#silences >= 2,
      caution: this.#caution,
      keepsLanguage: this.#keepsLanguage,
      wasAway: this.#told !== undefined && this.#told !== 'online',
      onPhase: (kind) => {
        if (!again) this.#state = { kind, after };
      },
      onItems: (items) => {
        this.#items = items;
      },
      onOnline: () => {
        this.#state = { kind: 'online' };
        this.#backOff.reset();
        this.#tell('online');
      },
      onSilent: (failure) => {
        this.#state = { kind: 'silent', failure };
        this.#tell('silent');
      },
    });
    try {
      this.#live = live;
      const end = await live.run();
      const isSilent = end !== 'again' && end.code === 'SILENT';
      // A subscription that was taken over and never said a word will not do so the next time either.
      this.#silences = isSilent ? this.#silences + (live.hasHeard ? 1 : 2) : 0;
      return end;
    } catch (error) {
      if (!this.#abort.signal.aborted) log.debug({ err: error }, 'the connection ended');
      const failure = toFailure(error, config.opcua.endpoint);
      this.#keepsLanguage ||= failure.code === 'LANGUAGE_KEPT';
      return failure;
    } finally {
      this.#live = undefined;
      const isOver = this.#abort.signal.aborted;
      if (isOver) this.#hasTidied = await live.close(this.#stopHow);
      const left = isOver ? this.#resumable : await live.letGo();
      if (live.brokeDown) this.#caution = Math.min(MAX_CAUTION, this.#caution * 2);
      this.#resumeTries = live.hadSession ? 0 : this.#resumeTries + 1;
      if (live.hadSession || this.#resumeTries >= MAX_RESUME_TRIES) this.#resumable = left;
    }
  }

  #outcome(failure: UaFailure, attempt: number): void {
    const { log, config } = this.#options;
    const before = this.#state;
    this.#pace.begin();
    this.#state =
      failure.kind === 'refused' ? { kind: 'refused', failure } : { kind: 'recovering', failure, attempt };
    const known = 'after' in before ? before.after : undefined;
    const level = known?.code === failure.code ? 'debug' : 'warn';
    log[level]({ machine: config.id, code: failure.code, check: failure.remedy, attempt }, failure.message);
    this.#tell(failure.kind === 'refused' ? 'refused' : 'offline');
  }

  #tell(link: MachineLink): void {
    if (this.#told === link) return;
    this.#told = link;
    try {
      this.#sink?.link(this.#options.config.id, link);
    } catch (error) {
      this.#options.log.error(
        { err: error },
        `the state of the machine could not be recorded: ${messageOf(error)}`,
      );
    }
  }
}

function linkOf(state: LinkState): MachineLink {
  switch (state.kind) {
    case 'online':
    case 'silent':
    case 'refused':
      return state.kind;
    case 'recovering':
    case 'stopped':
      return 'offline';
    case 'idle':
      return 'connecting';
    default:
      return state.after === undefined
        ? 'connecting'
        : state.after.kind === 'refused'
          ? 'refused'
          : 'offline';
  }
}
