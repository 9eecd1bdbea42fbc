import { Counter, Gauge, Histogram, type Registry } from '#platform/metrics.ts';
import { DEVICE_MESSAGES, NODE_MESSAGES } from '#contracts/sparkplug/topics.ts';
import { REFUSAL_CODES, type RefusalCode } from './decode-message.ts';

const MESSAGE_TYPES = [...NODE_MESSAGES, ...DEVICE_MESSAGES];
/** Seconds. Up to the length of a backlog that is still called live. */
const LAG_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300];

/** Reasons for which a message is not taken; the agent sends it again. */
export const DROP_REASONS = ['queue-full', 'held-full', 'too-many-agents', 'dead-letters-limited'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface IngestGaugeSources {
  readonly queuedMessages: () => number;
  readonly queuedBytes: () => number;
  readonly heldBytes: () => number;
  readonly pendingRecords: () => number;
  readonly appendsInFlight: () => number;
  readonly duplicateAgents: () => number;
}

export class IngestMetrics {
  messages = 0;
  samples = 0;
  duplicates = 0;
  rejected = 0;
  readonly #messages: Counter<'type'>;
  readonly #samples: Counter;
  readonly #records: Counter<'outcome'>;
  readonly #refused: Counter<'code'>;
  readonly #dropped: Counter<'reason'>;
  readonly #acknowledgements: Counter;
  readonly #rebirths: Counter;
  readonly #lag: Histogram;

  constructor(registry: Registry, sources: IngestGaugeSources) {
    const registers = [registry];
    this.#messages = new Counter({
      name: 'ingest_messages_total',
      help: 'Sparkplug messages received',
      labelNames: ['type'],
      registers,
    });
    this.#samples = new Counter({ name: 'ingest_samples_stored_total', help: 'Samples stored', registers });
    this.#records = new Counter({
      name: 'ingest_records_total',
      help: 'Journal records by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#refused = new Counter({
      name: 'ingest_refused_total',
      help: 'Payloads refused for good, by reason',
      labelNames: ['code'],
      registers,
    });
    this.#dropped = new Counter({
      name: 'ingest_not_taken_total',
      help: 'Messages not taken at a bound; the agent sends them again',
      labelNames: ['reason'],
      registers,
    });
    this.#acknowledgements = new Counter({
      name: 'ingest_acknowledgements_total',
      help: 'Delivery acknowledgements sent',
      registers,
    });
    this.#rebirths = new Counter({
      name: 'ingest_rebirths_asked_total',
      help: 'Rebirths asked for',
      registers,
    });
    this.#lag = new Histogram({
      name: 'ingest_source_to_stored_seconds',
      help: 'From the source time of the newest sample of a live record to its durable write',
      buckets: LAG_BUCKETS,
      registers,
    });
    for (const type of MESSAGE_TYPES) this.#messages.inc({ type }, 0);
    for (const code of REFUSAL_CODES) this.#refused.inc({ code }, 0);
    for (const reason of DROP_REASONS) this.#dropped.inc({ reason }, 0);
    registerGauges(registry, sources);
  }

  message(type: string): void {
    this.messages += 1;
    this.#messages.inc({ type });
  }

  stored(outcome: { readonly stored: number; readonly samples: number; readonly duplicates: number }): void {
    this.samples += outcome.samples;
    this.duplicates += outcome.duplicates;
    this.#samples.inc(outcome.samples);
    this.#records.inc({ outcome: 'stored' }, outcome.stored);
    this.#records.inc({ outcome: 'duplicate' }, outcome.duplicates);
  }

  /** Came again while the first one was still on its way. */
  duplicate(): void {
    this.duplicates += 1;
    this.#records.inc({ outcome: 'duplicate' });
  }

  fork(count: number): void {
    this.#records.inc({ outcome: 'fork' }, count);
    this.rejected += count;
  }

  refused(code: RefusalCode): void {
    this.rejected += 1;
    this.#refused.inc({ code });
  }

  dropped(reason: DropReason): void {
    this.#dropped.inc({ reason });
  }

  acknowledgement(): void {
    this.#acknowledgements.inc();
  }

  rebirth(): void {
    this.#rebirths.inc();
  }

  lag(ms: number): void {
    this.#lag.observe(Math.max(0, ms) / 1000);
  }
}

function registerGauges(registry: Registry, sources: IngestGaugeSources): void {
  const gauges: readonly (readonly [string, string, () => number])[] = [
    ['ingest_queue_messages', 'Messages taken and not yet decoded', sources.queuedMessages],
    ['ingest_queue_bytes', 'Bytes of them', sources.queuedBytes],
    ['ingest_held_bytes', 'Bytes of records that wait for their catalogue', sources.heldBytes],
    ['ingest_pending_records', 'Records decoded and not yet durable', sources.pendingRecords],
    ['ingest_appends_in_flight', 'Writes under way', sources.appendsInFlight],
    ['ingest_duplicate_agents', 'Agent ids under which two agents run', sources.duplicateAgents],
  ];
  for (const [name, help, read] of gauges)
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
}
