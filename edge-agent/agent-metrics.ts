import { Counter, Gauge, type Registry } from '#platform/metrics.ts';
import type { EdgeAgent } from './agent.ts';

type Register = (name: string, help: string, read: () => number) => void;

/** Read when somebody asks: the path of a value touches no metric. */
export function registerAgentMetrics(registry: Registry, agent: EdgeAgent): void {
  const registers = [registry];
  const gauge: Register = (name, help, read) => {
    new Gauge({
      name: `edge_agent_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const counter: Register = (name, help, read) => {
    new Counter({
      name: `edge_agent_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  registerJournal(agent, gauge, counter);
  registerDelivery(agent, gauge, counter);
}

function registerJournal(agent: EdgeAgent, gauge: Register, counter: Register): void {
  const journal = () => agent.journal.stats();
  gauge('journal_head', 'Newest durable sequence of the epoch', () => journal().head);
  gauge('journal_tail', 'Oldest sequence that no store has acknowledged', () => journal().tail);
  gauge(
    'journal_backlog_records',
    'Records that no store has acknowledged, holes included',
    () => journal().head - journal().tail + 1,
  );
  gauge('journal_bytes', 'Size of the journal on disk', () => journal().bytes);
  gauge('journal_limit_bytes', 'Size that the journal may reach', () => journal().limitBytes);
  gauge('journal_pending_bytes', 'Appended and not yet durable', () => journal().pendingBytes);
  gauge('journal_problem', '1 while the journal cannot take samples', () =>
    journal().problem === undefined ? 0 : 1,
  );
  gauge('journal_sync_seconds', 'Duration of the last fdatasync', () => journal().lastSyncMs / 1000);
  gauge('journal_damaged_records', 'Records found damaged since the start', () => journal().damagedRecords);
  gauge(
    'journal_quarantined_segments',
    'Damaged segments kept aside, until somebody takes them away',
    () => journal().quarantined,
  );
  counter('journal_syncs', 'Group commits', () => journal().syncs);
  gauge(
    'samples_produced',
    'Samples read from the sources in this epoch',
    () => journal().journaled + journal().discarded,
  );
  gauge('samples_journaled', 'Samples journaled in this epoch', () => journal().journaled);
  gauge('samples_declared_lost', 'Samples declared lost in this epoch', () => journal().declaredLost);
}

function registerDelivery(agent: EdgeAgent, gauge: Register, counter: Register): void {
  const delivery = () => agent.publisher.counters;
  gauge('window_records', 'Records sent and not acknowledged', () => delivery().window.records);
  gauge('window_bytes', 'Bytes sent and not acknowledged', () => delivery().window.bytes);
  counter('sent_records', 'Records published, resent ones included', () => delivery().sentRecords);
  counter('sent_bytes', 'Bytes of records published', () => delivery().sentBytes);
  counter('expired_records', 'Records sent again because no acknowledgement came', () => delivery().expired);
  counter('acknowledgements', 'Acknowledgements received', () => agent.publisher.acknowledgements);
  counter('mqtt_connects', 'MQTT sessions begun', () => agent.publisher.connects);
  gauge('delivering', '1 while a store takes records', () =>
    agent.publisher.state.state === 'delivering' ? 1 : 0,
  );
}
