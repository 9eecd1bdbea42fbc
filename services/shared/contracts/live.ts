import { z } from 'zod';

/**
 * `WS /live`: snapshot, then columnar JSON frames with credits (UI.md, Transport). The server sends at most
 * `LIVE_WINDOW` frames that are not acknowledged; what comes meanwhile is conflated per signal to last (and
 * min/max where asked for). An empty frame goes out at least every 500 ms: the frame is the heartbeat.
 */
export const LIVE_PROTOCOL = 1;
/** Where the WebSocket is. */
export const LIVE_PATH = '/api/v1/live';
export const LIVE_WINDOW = 2;
export const LIVE_HEARTBEAT_MS = 500;
export const LIVE_STALE_MS = 2_000;

/** Limits of one connection. What goes beyond is answered with a problem; the connection of a flooder is closed. */
export const LIVE_MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
export const LIVE_MAX_SUBSCRIPTIONS = 64;
/** Signals over all subscriptions of a connection. */
export const LIVE_MAX_SIGNALS = 20_000;

/** Client to server. One object a message. */
export const clientMessageSchema = z.union([
  /** Comes first. `resume`: the last event seen, so that none is missed over a short cut. */
  z.object({
    hello: z.literal(LIVE_PROTOCOL),
    lang: z.string().max(8).optional(),
    resume: z.object({ epoch: z.string().max(64), es: z.int().min(0) }).optional(),
  }),
  z.object({
    /** Number of the subscription, chosen by the client; the same number again replaces it. */
    sub: z.int().min(0).max(1_000),
    /**
     * Signal ids, `site/machine/*` for all of a machine, or `*` for all. Unknown ones are answered in `unknown`;
     * when one becomes known later, a new dictionary and a new snapshot come by themselves.
     */
    tags: z.array(z.string().max(512)).max(20_000),
    /** Frames a second wanted at most. */
    rate: z.number().min(0.1).max(20).default(4),
    mode: z.enum(['last', 'minmax']).default('last'),
  }),
  z.object({ unsub: z.int().min(0).max(1_000) }),
  /** Acknowledges frame `a` and those before it; `p` = ms from arrival to paint. */
  z.object({ a: z.int().min(0), p: z.number().min(0).optional() }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/**
 * A value on the live wire, and in the JSON of the API: 64-bit integers beyond 2^53 as decimal text; NaN and the
 * infinities as `NaN`, `Infinity`, `-Infinity`; arrays and structures as JSON text; ByteString as base64. The
 * signal's `dataType` and `isArray` tell these texts from a String.
 */
export type LiveValue = number | string | boolean | null;

/** `[id, signalId, unitSymbol, machineId]`: ids are numbers within the epoch of the server. */
export type DictionaryEntry = readonly [id: number, signal: string, unit: string, machine: string];

/** Comes before the first frame of a subscription, and again when what its tags mean has changed. */
export interface DictionaryMessage {
  /** Number of the subscription. */
  readonly dict: number;
  readonly ids: readonly DictionaryEntry[];
  readonly unknown: readonly string[];
  /** Changes when the server starts anew: all ids are void then. */
  readonly epoch: string;
}

/**
 * Columns have the length of `i`. `lo`/`hi` only when a signal of mode `minmax` is in it (null for the others, and
 * where no good number came), `q` (StatusCode, 32 bits) only when one is not Good. A frame may carry values of
 * several subscriptions, and then a signal of two of them twice.
 */
export interface FrameMessage {
  /** Number of the frame, per connection. */
  readonly f: number;
  /** Server's clock, ms since 1970. */
  readonly t: number;
  readonly i: readonly number[];
  readonly v: readonly LiveValue[];
  /** Source time minus `t`, whole ms: `t + d` is the source time rounded down to the ms. */
  readonly d: readonly number[];
  readonly q?: readonly number[];
  readonly lo?: readonly (number | null)[];
  readonly hi?: readonly (number | null)[];
  /** First frame after a subscription: `sub` numbers whose snapshot this is. */
  readonly snap?: readonly number[];
  /**
   * All machines whose path is not alive now (DESIGN.md, Stale), with the age of the last proof of life in ms.
   * Absent = as before. Sent with the first frame, with every change, and at least every LIVE_HEARTBEAT_MS.
   */
  readonly stale?: Readonly<Record<string, number>>;
}

/**
 * Never conflated; `es` jumps where events are older than the server remembers. `type`: `agent-online`, `agent-offline`,
 * `machine-connected`, `machine-disconnected`; `alarm`: the alarm `text` of `machine` is different now, see `/alarms`; `gap` and `backfill`: the history of `machine` (absent: of all) has changed
 * between `from` and `to`, ms since 1970, and is worth reading again.
 */
export interface EventsMessage {
  readonly e: readonly {
    readonly type: string;
    readonly t: number;
    readonly machine?: string;
    readonly text?: string;
    readonly from?: number;
    readonly to?: number;
  }[];
  /** Number of the last event. */
  readonly es: number;
}

export interface LiveProblemMessage {
  readonly problem: { readonly code: string; readonly detail: string };
}

export type ServerMessage = DictionaryMessage | FrameMessage | EventsMessage | LiveProblemMessage;
