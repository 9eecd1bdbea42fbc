import { signal } from '@preact/signals';
import { ApiClient } from '../api/client.ts';
import type { CoreClock } from '../live-core/clock.ts';
import { LiveStore } from '../live-core/live-store.ts';
import { Scheduler } from '../live-core/scheduler.ts';
import { ServerClock } from '../live-core/server-clock.ts';
import { LiveTransport } from '../live-core/transport.ts';
import type { LinkState, Socket } from '../live-core/transport.ts';
import { AlarmBook } from './alarm-book.ts';
import { GapBook } from './gap-book.ts';
import { Plant } from './plant.ts';
import { Sparks } from './sparks.ts';

/** All that outlives the screens. Made once, in main.tsx. */
export interface Core {
  readonly clock: CoreClock;
  readonly api: ApiClient;
  readonly store: LiveStore;
  readonly scheduler: Scheduler;
  readonly transport: LiveTransport;
  readonly plant: Plant;
  readonly sparks: Sparks;
  readonly gaps: GapBook;
  readonly alarms: AlarmBook;
  /** Told when samples of the past arrived: of one machine, or (`undefined`) of any. */
  readonly onBackfill: (listener: (machine: string | undefined) => void) => () => void;
}

/** For components; the transport owns the state. */
export const link = signal<LinkState>('idle');
/** Counts up when the set of machines with a dead path changes. */
export const staleVersion = signal(0);
/** ms from a frame's arrival to the end of painting, latest round. */
export const paintMs = signal<number | undefined>(undefined);

/** Events that say nothing of the machines themselves. */
const HISTORY: ReadonlySet<string> = new Set(['gap', 'backfill', 'alarm']);

export interface CoreOptions {
  readonly clock: CoreClock;
  readonly dial: () => Socket;
  readonly hidden: () => boolean;
}

export function createCore({ clock, dial, hidden }: CoreOptions): Core {
  const api = new ApiClient();
  const backfillListeners = new Set<(machine: string | undefined) => void>();
  const store = new LiveStore(new ServerClock(clock));
  const plant = new Plant({ api, clock, hidden });
  const transport: LiveTransport = new LiveTransport({
    dial,
    clock,
    hidden,
    random: Math.random,
    handlers: {
      onOpen: () => store.resubscribe(),
      onDictionary: (message) => store.applyDictionary(message),
      onFrame(frame) {
        store.applyFrame(frame);
        scheduler.arrived();
      },
      onEvents({ e }) {
        for (const { type, machine } of e) {
          if (type === 'gap') gaps.refresh(machine);
          else if (type === 'alarm') alarms.refresh();
          else if (type === 'backfill') for (const listener of backfillListeners) listener(machine);
        }
        if (e.some(({ type }) => !HISTORY.has(type))) plant.refresh();
      },
      onLink(state) {
        link.value = state;
        document.documentElement.dataset['link'] = state;
        if (state === 'live') {
          plant.refresh();
          sparks.refill();
          gaps.refresh();
          alarms.refresh();
        }
      },
    },
  });
  const scheduler = new Scheduler({
    clock,
    hidden,
    onPainted(ms) {
      transport.painted(ms);
      paintMs.value = ms;
    },
  });
  const sparks = new Sparks({ api, store, clock });
  const gaps = new GapBook({ api, clock, serverClock: store.serverClock });
  const alarms = new AlarmBook({ api, clock });
  const onBackfill: Core['onBackfill'] = (listener) => {
    backfillListeners.add(listener);
    return () => backfillListeners.delete(listener);
  };
  onBackfill((machine) => sparks.refill(machine));
  store.connect((message) => transport.send(message));
  store.onStaleChange = () => {
    staleVersion.value += 1;
    plant.refresh();
  };
  return { clock, api, store, scheduler, transport, plant, sparks, gaps, alarms, onBackfill };
}
