import type { RouteContract } from './route.ts';

/** The document's entry of the WebSocket; its messages are in `contracts/live.ts`. */
export const liveRoute = {
  path: '/live',
  summary: 'WebSocket: live values in columnar JSON frames with credits. Without an upgrade: 426.',
  problems: ['UPGRADE_REQUIRED', 'ORIGIN_REFUSED', 'TOO_MANY_REQUESTS'],
} as const satisfies RouteContract;
