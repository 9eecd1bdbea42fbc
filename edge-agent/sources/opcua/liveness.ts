/** Whether a connection lives: silence of its data flow is found, and the machine gets a sign of life where there is no data. */
import { coerceNodeId } from 'node-opcua-client';
import type { Clock } from '#platform/clock.ts';
import { UaFailure } from './failure.ts';
import { readAttributes, type UaServices } from './session.ts';
import type { Timers } from './timers.ts';
import { Watchdog } from './watchdog.ts';

export interface LivenessOptions {
  readonly session: UaServices;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** As revised by the server, and as asked for. */
  readonly keepAliveMs: number;
  readonly wishedKeepAliveMs: number;
  readonly timeoutMs: number;
  /** Our own disk holds the flow back: the server's silence means nothing. */
  readonly isHeld: () => boolean;
  readonly alive: () => void;
  readonly onSilent: (failure: UaFailure) => void;
}

/** Server_ServerStatus_State. */
const SERVER_STATE = coerceNodeId('i=2259');
const HEARTBEAT_MS = 5_000;
const SILENT_KEEP_ALIVES = 3;
/** A busy host holds a keep-alive back for a moment; that is not silence. */
const SLACK_MS = 1_000;

export function watchLiveness(options: LivenessOptions): Watchdog {
  const { endpoint, timers, keepAliveMs, wishedKeepAliveMs, isHeld } = options;
  const limitMs = SILENT_KEEP_ALIVES * Math.max(keepAliveMs, wishedKeepAliveMs, 1_000) + SLACK_MS;
  const watchdog = new Watchdog({
    limitMs,
    clock: options.clock,
    isExcused: isHeld,
    onSilence: () => {
      const failure = new UaFailure(
        'retry',
        'SILENT',
        `${endpoint} has a session with us but was silent for ${Math.round(limitMs)} ms`,
        'The connection is built anew; check the load of the server if this repeats',
      );
      options.onSilent(failure);
    },
  });
  watchdog.start();
  // Without Publish requests at the server (the disk holds us back) the session needs another sign of life, and so
  // does the machine where the server insists on rarer keep-alives than were asked for.
  const isRare = keepAliveMs > 2 * wishedKeepAliveMs;
  timers.every(isRare ? wishedKeepAliveMs : HEARTBEAT_MS, async () => {
    if (!isRare && !isHeld()) return;
    await readAttributes(options.session, [{ nodeId: SERVER_STATE }], options.timeoutMs);
    options.alive();
  });
  return watchdog;
}
