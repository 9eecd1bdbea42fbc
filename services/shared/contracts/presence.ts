import type { MachineId } from '#domain/asset-path.ts';
import type { AgentHealth } from './delivery.ts';

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
}

export interface AgentPresence {
  /** `site/agent`, as in `StreamKey.agent`: agents of two sites may have one id. */
  readonly agent: string;
  readonly site: string;
  readonly online: boolean;
  readonly lastHeardAt: number;
  readonly health: AgentHealth | undefined;
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
  /** Called when a machine's or an agent's state changes (not at each heartbeat). */
  onChange(listener: () => void): () => void;
}
