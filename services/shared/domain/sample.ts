import type { StatusCode } from './status-code.ts';
import type { TimeNs } from './time.ts';
import type { SignalId } from './asset-path.ts';

/**
 * What a sample's value may be once it is mapped from OPC UA. 64-bit integers are `bigint`; ByteString is
 * `Uint8Array`; arrays, structures and everything else without a scalar form are `{json}`: canonical JSON text.
 * `null` where the status is Bad or the server gave no value.
 */
export type SampleValue = number | bigint | boolean | string | Uint8Array | { readonly json: string } | null;

/** One reading of one signal. The object form: for edges and tests; the path of a value uses SampleBatch. */
export interface Sample {
  readonly signal: SignalId;
  readonly sourceTimestamp: TimeNs;
  readonly value: SampleValue;
  readonly statusCode: StatusCode;
  readonly flags: number;
}

/** Bits of a sample's flags. */
export const SampleFlag = {
  /** A newer sample of the signal was already published, or it comes from history. */
  historical: 1,
  /** The source gave no time: the OPC UA server's time stands in. */
  serverTime: 2,
  /** Neither source nor server gave a time: the agent's clock stands in. */
  agentTime: 4,
} as const;
