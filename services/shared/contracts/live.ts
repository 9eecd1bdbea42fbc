import { z } from 'zod';

/**
 * `WS /live`: snapshot, then columnar JSON frames with credits (UI.md, Transport). The server sends at most
 * `LIVE_WINDOW` frames that are not acknowledged; what comes meanwhile is conflated per signal to last (and
 * min/max where asked for). An empty frame goes out at least every 500 ms: the frame is the heartbeat.
 */
export const LIVE_PROTOCOL = 1;
export const LIVE_WINDOW = 2;
export const LIVE_HEARTBEAT_MS = 500;
export const LIVE_STALE_MS = 2_000;

/** Client to server. One object a message. */
export const clientMessageSchema = z.union([
  z.object({ hello: z.literal(LIVE_PROTOCOL), lang: z.string().max(8).optional() }),
  z.object({
    /** Number of the subscription, chosen by the client; the same number again replaces it. */
    sub: z.int().min(0).max(1_000),
    /** Signal ids, or `site/machine/*` for all of a machine. Unknown ones are answered in `unknown`. */
    tags: z.array(z.string().max(512)).max(20_000),
    /** Frames a second wanted at most. */
    rate: z.number().min(0.1).max(20).default(4),
    mode: z.enum(['last', 'minmax']).default('last'),
  }),
  z.object({ unsub: z.int().min(0).max(1_000) }),
  /** Acknowledges frame `a`; `p` = ms from arrival to paint. */
  z.object({ a: z.int().min(0), p: z.number().min(0).optional() }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** A value on the live wire: 64-bit integers beyond 2^53 as decimal text; arrays and structures as JSON text. */
export type LiveValue = number | string | boolean | null;

/** `[id, signalId, unitSymbol, machineId]`: ids are numbers within the epoch of the server. */
export type DictionaryEntry = readonly [id: number, signal: string, unit: string, machine: string];

export interface DictionaryMessage {
  readonly dict: number;
  readonly ids: readonly DictionaryEntry[];
  readonly unknown: readonly string[];
  /** Changes when the server starts anew: all ids are void then. */
  readonly epoch: string;
}

/** Columns have the length of `i`. `lo`/`hi` only in mode `minmax`, `q` only when one is not Good. */
export interface FrameMessage {
  /** Number of the frame, per connection. */
  readonly f: number;
  /** Server's clock, ms since 1970. */
  readonly t: number;
  readonly i: readonly number[];
  readonly v: readonly LiveValue[];
  /** Source time minus `t`, ms. */
  readonly d: readonly number[];
  readonly q?: readonly number[];
  readonly lo?: readonly (number | null)[];
  readonly hi?: readonly (number | null)[];
  /** First frame after a subscription: `sub` numbers whose snapshot this is. */
  readonly snap?: readonly number[];
  /** Machines whose path is not alive (DESIGN.md, Stale), with the age of the last proof of life in ms; sent in every frame of a change, and in each heartbeat. */
  readonly stale?: Readonly<Record<string, number>>;
}

export interface EventsMessage {
  readonly e: readonly {
    readonly type: string;
    readonly t: number;
    readonly machine?: string;
    readonly text?: string;
  }[];
  /** Number of the last event. */
  readonly es: number;
}

export interface LiveProblemMessage {
  readonly problem: { readonly code: string; readonly detail: string };
}

export type ServerMessage = DictionaryMessage | FrameMessage | EventsMessage | LiveProblemMessage;
