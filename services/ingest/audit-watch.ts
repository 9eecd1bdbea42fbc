import type { AgentHealth } from '#contracts/delivery.ts';
import { streamKeyText, type ReadBack, type SampleStore, type StreamAudit } from '#domain/sample-store.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { booksOf } from '#domain/stream-books.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { Gauge, type HealthComponent, type Registry } from '#platform/metrics.ts';
import type { EpochCloser } from './epoch-closer.ts';

/** Terms of the identity, as a metric label. */
const TERMS = [
  'produced',
  'discarded',
  'stored',
  'rejected',
  'declared_lost',
  'in_flight_records',
  'unexplained',
] as const;
type Term = (typeof TERMS)[number];

export interface AuditWatchOptions {
  readonly store: Pick<SampleStore, 'audit' | 'readBack'>;
  readonly closer: Pick<EpochCloser, 'look' | 'heartbeat'>;
  readonly registry: Registry;
  readonly log: Logger;
  readonly intervalMs: number;
  /** How often the store is read back and counted; 0 = never. */
  readonly readBackIntervalMs: number;
}

/** Where an agent's journal stood: it has nothing before `tail` any more, and wrote `head` last. */
interface JournalEnds {
  readonly tail: number;
  readonly head: number;
}

/**
 * Looks at the books of every stream from time to time, and at longer intervals counts what the store really holds. What does not
 * balance is a metric, a line in the log, and a degraded component until it does.
 */
export class AuditWatch {
  readonly #options: AuditWatchOptions;
  readonly #gauge: Gauge<'agent' | 'term'>;
  readonly #mismatch: Gauge;
  readonly #gone: Gauge<'agent'>;
  /** As the heartbeats told last, by stream. */
  readonly #journals = new Map<string, JournalEnds>();
  /** Of those, when a hole was first seen that their journal no longer fills. */
  readonly #suspected = new Map<string, JournalEnds>();
  #timers: NodeJS.Timeout[] = [];
  #busy: Promise<void> = Promise.resolve();
  #streams = 0;
  #problems: string[] = [];
  #readBackProblems: string[] = [];
  /** Of the last look, and of the last read-back. */
  readonly #failures: { look?: string; readBack?: string } = {};

  constructor(options: AuditWatchOptions) {
    this.#options = options;
    const registers = [options.registry];
    this.#gauge = new Gauge({
      name: 'ingest_audit_samples',
      help: "Terms of the audit's identity at the cut of each agent's epochs, all of them together",
      labelNames: ['agent', 'term'],
      registers,
    });
    this.#mismatch = new Gauge({
      name: 'ingest_audit_read_back_difference',
      help: 'Samples counted in the store at the last read-back that differ from what was acknowledged',
      registers,
    });
    this.#gone = new Gauge({
      name: 'ingest_audit_gone_records',
      help: 'Records that neither the store nor the journal of their agent has: the store is an older backup',
      labelNames: ['agent'],
      registers,
    });
  }

  heartbeat(agent: string, health: AgentHealth): void {
    const { epoch, journal } = health;
    this.#options.closer.heartbeat(agent, health);
    if (epoch !== undefined) this.#journals.set(streamKeyText({ agent, epoch }), journal);
  }

  start(): void {
    const { intervalMs, readBackIntervalMs } = this.#options;
    this.#timers = [setInterval(() => void this.look(), intervalMs)];
    if (readBackIntervalMs > 0)
      this.#timers.push(setInterval(() => void this.readBack(), readBackIntervalMs));
    for (const timer of this.#timers) timer.unref();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#busy;
  }

  /** One look at the books; never rejects. */
  look(): Promise<void> {
    return this.#inTurn('look', async () => {
      const { store, closer } = this.#options;
      const journals = new Map(this.#journals);
      const before = await store.audit();
      await closer.look(before);
      this.#take(before, journals);
    });
  }

  /** Counts what is in the store; never rejects. */
  readBack(): Promise<void> {
    return this.#inTurn('readBack', async () => {
      const { store, log } = this.#options;
      if (!store.readBack) return;
      const groups = await store.readBack();
      this.#readBackProblems = groups.filter((group) => differenceOf(group) !== 0).map(sentenceOf);
      this.#mismatch.set(groups.reduce((sum, group) => sum + Math.abs(differenceOf(group)), 0));
      const samples = groups.reduce((sum, group) => sum + group.samples, 0);
      if (this.#readBackProblems.length === 0)
        log.info({ samples }, 'the store was read back: every count is right');
      for (const problem of this.#readBackProblems) log.error({ code: 'AUDIT_READ_BACK' }, problem);
    });
  }

  health(): HealthComponent {
    const name = 'audit';
    const problems = [...this.#problems, ...this.#readBackProblems];
    if (problems.length > 0) return { name, status: 'degraded', detail: problems.slice(0, 3).join('; ') };
    const { look, readBack } = this.#failures;
    if (look !== undefined)
      return { name, status: 'degraded', detail: `the books could not be read: ${look}` };
    if (readBack !== undefined)
      return { name, status: 'degraded', detail: `the store could not be read back: ${readBack}` };
    return { name, status: 'ok', detail: `the books of ${this.#streams} streams balance` };
  }

  #inTurn(what: 'look' | 'readBack', work: () => Promise<void>): Promise<void> {
    this.#busy = this.#busy.then(async () => {
      try {
        await work();
        delete this.#failures[what];
      } catch (error) {
        this.#failures[what] = messageOf(error);
      }
    });
    return this.#busy;
  }

  #take(streams: readonly StreamAudit[], journals: ReadonlyMap<string, JournalEnds>): void {
    const gone = this.#takeGone(streams, journals);
    const byAgent = Map.groupBy(streams, ({ stream }) => stream.agent);
    for (const [agent, audits] of byAgent) {
      const terms = audits.map(termsOf);
      for (const term of TERMS)
        this.#gauge.set(
          { agent, term },
          terms.reduce((sum, one) => sum + Math.abs(one[term]), 0),
        );
    }
    const unbalanced = streams.flatMap((audit): string[] => {
      const { unexplained } = booksOf(audit);
      const { agent, epoch } = audit.stream;
      if (unexplained === undefined || unexplained === 0) return [];
      return unexplained > 0
        ? [`${agent}, epoch ${epoch}: ${unexplained} samples are missing that nobody declared lost`]
        : [`${agent}, epoch ${epoch}: ${-unexplained} samples more are accounted for than were produced`];
    });
    const problems = [...unbalanced, ...gone];
    for (const problem of problems)
      if (!this.#problems.includes(problem)) this.#options.log.error({ code: 'AUDIT_UNEXPLAINED' }, problem);
    this.#problems = problems;
    this.#streams = streams.length;
  }

  #takeGone(streams: readonly StreamAudit[], journals: ReadonlyMap<string, JournalEnds>): string[] {
    this.#gone.reset();
    return streams.flatMap((audit) => {
      const { agent, epoch } = audit.stream;
      const holes = this.#holesForGood(audit, journals.get(streamKeyText(audit.stream)));
      const records = holes.reduce((sum, [from, to]) => sum + to - from + 1, 0);
      this.#gone.inc({ agent }, records);
      const [first] = holes;
      if (!first) return [];
      return [
        `${agent}, epoch ${epoch}: ${records} records (the first is number ${first[0]}) are neither in this store nor in the ` +
          `agent's journal any more: was the store restored from an older backup?`,
      ];
    });
  }

  /**
   * Holes between records that are there, which their agent's journal no longer fills. What it gave up itself it declares in a record of its
   * own, which may still be on its way: judged when everything is there that the journal held when the hole was seen first.
   */
  #holesForGood(audit: StreamAudit, journal: JournalEnds | undefined): SequenceRange[] {
    const key = streamKeyText(audit.stream);
    const begin = audit.received[0]?.[0];
    if (audit.closed) this.#journals.delete(key);
    if (journal === undefined || begin === undefined || audit.closed) return [];
    const received = SequenceRanges.of(audit.received);
    const since = this.#suspected.get(key);
    if (received.missing(begin, (since ?? journal).tail - 1).length === 0) {
      this.#suspected.delete(key);
      return [];
    }
    if (since === undefined) {
      this.#suspected.set(key, journal);
      return [];
    }
    return received.missing(since.tail, since.head).length > 0 ? [] : received.missing(begin, since.tail - 1);
  }
}

function termsOf(audit: StreamAudit): Record<Term, number> {
  const { inFlight, lostAtClose, unexplained = 0 } = booksOf(audit);
  return {
    produced: audit.cut?.produced ?? 0,
    discarded: audit.cut?.discarded ?? 0,
    stored: audit.storedAtCut,
    rejected: audit.rejectedAtCut,
    declared_lost: audit.declaredLostAtCut + lostAtClose,
    in_flight_records: inFlight,
    unexplained,
  };
}

const differenceOf = ({ stored, expired, samples }: ReadBack): number => samples - (stored - expired);

function sentenceOf(group: ReadBack): string {
  const { stored, expired, samples, streams } = group;
  const names = streams.map(({ agent, epoch }) => `${agent}, epoch ${epoch}`).join(' and ');
  return `${names}: the store holds ${samples} samples, ${stored} were stored and ${expired} have expired since`;
}
