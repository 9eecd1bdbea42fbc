import type { NotificationMessage } from 'node-opcua-client';

/** When the server sent a message, ms since 1970. Keep-alives of several servers do not say: the encoding's null is the year 1601. */
export function publishMsOf(message: NotificationMessage | undefined): number | undefined {
  const ms = message?.publishTime?.getTime();
  return ms !== undefined && ms > 0 ? ms : undefined;
}
