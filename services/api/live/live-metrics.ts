import { Counter, Gauge, Histogram, type Registry } from '#platform/metrics.ts';

export interface LiveMetrics {
  readonly connections: Gauge;
  readonly frames: Counter;
  readonly bytes: Counter;
  readonly conflated: Counter;
  readonly refused: Counter<'reason'>;
  readonly storedToSent: Histogram;
  readonly paint: Histogram;
}

export function createLiveMetrics(registry: Registry): LiveMetrics {
  const registers = [registry];
  return {
    connections: new Gauge({ name: 'api_live_connections', help: 'Open live connections', registers }),
    frames: new Counter({ name: 'api_live_frames_total', help: 'Frames sent', registers }),
    bytes: new Counter({ name: 'api_live_sent_chars_total', help: 'Characters of frames sent', registers }),
    conflated: new Counter({
      name: 'api_live_conflated_total',
      help: 'Emissions that a connection without credit missed and got conflated',
      registers,
    }),
    refused: new Counter({
      name: 'api_live_refused_total',
      help: 'Connections refused or closed by the server',
      labelNames: ['reason'],
      registers,
    }),
    storedToSent: new Histogram({
      name: 'api_live_stored_to_sent_seconds',
      help: 'Age of the oldest change in a turn of the hub when its frames were sent',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    paint: new Histogram({
      name: 'api_live_paint_seconds',
      help: 'Arrival to paint as browsers report it',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
      registers,
    }),
  };
}
