import type { StreamKey } from '#domain/sample-store.ts';
import type { MachineId } from '#domain/asset-path.ts';
import type { AgentHealth, PathProblem } from './delivery.ts';

/** What ingest knows of the agents and machines besides their samples, for the API. Pure reading, from memory. */
export interface MachinePresence {
  readonly machine: MachineId;
  /** As in {@link AgentPresence}. */
  readonly agent: string;
  /** From DBIRTH/DDEATH/NDEATH and the agent's heartbeats. */
  readonly connected: boolean;
  /** ms since 1970 on this host's clock: data, or a heartbeat that says the OPC UA path is alive. */
  readonly lastAliveAt: number;
  readonly link: AgentHealth['machines'][number]['state'];
  readonly detail?: string | undefined;
  readonly problem?: PathProblem | undefined;
}

export interface AgentPresence {
  /** `site/agent`, as in `StreamKey.agent`: agents of two sites may have one id. */
  readonly agent: string;
  readonly site: string;
  readonly online: boolean;
  readonly lastHeardAt: number;
  readonly health: AgentHealth | undefined;
}

/** Where one journal record was when, ms since 1970. The first three by clocks of others: what they did not say is not known. */
export interface RecordTimes {
  /** The OPC UA server sent the notification. */
  readonly serverTimeMs: number | undefined;
  /** The agent had received it and wrote it to its journal. */
  readonly journaledAtMs: number | undefined;
  /** The agent published it (the last time). */
  readonly publishedAtMs: number | undefined;
  /** Ingest took it from the broker. */
  readonly receivedAtMs: number;
  /** It was durable in the store. */
  readonly committedAtMs: number | undefined;
  readonly samples: number;
  readonly payloadBytes: number;
}

/** Counters of ingest since its start. */
export interface IngestCounters {
  readonly messages: number;
  readonly samples: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Records received and not yet durable. */
  readonly pending: number;
  readonly connectedToBroker: boolean;
}

export interface Presence {
  machines(): readonly MachinePresence[];
  agents(): readonly AgentPresence[];
  counters(): IngestCounters;
  /** Of a record that came lately (about ten minutes); older ones are forgotten. */
  recordTimes?(stream: StreamKey, sequence: number): RecordTimes | undefined;
  /** Called when a machine's or an agent's state changes (not at each heartbeat). */
  onChange(listener: () => void): () => void;
}
