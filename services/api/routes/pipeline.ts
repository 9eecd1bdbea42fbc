import { pipelineRoute } from '#contracts/api/pipeline.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import { RATE_STEP_MS } from '../pipeline/stored-rate.ts';
import type { RouteTable } from '../route-table.ts';

export function addPipelineRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(pipelineRoute, async () => {
    const { presence, store, clock, watch, browsers } = context;
    const stats = await context.gate.run(() => store.stats());
    const now = clock.now();
    const { messages, samples, duplicates, rejected, pending, connectedToBroker } = presence.counters();
    const { toMs, values } = watch.rate.perSecond(now);
    return {
      agents: presence.agents().map(({ agent, online, lastHeardAt, health }) => ({
        agent,
        online,
        heardAt: isoOf(lastHeardAt),
        ...(health ? { health } : {}),
      })),
      ingest: {
        connectedToBroker,
        messages,
        samples,
        duplicates,
        rejected,
        pending,
        lagMs: watch.rate.lagMs(now),
      },
      store: {
        samples: stats.samples,
        bytesOnDisk: stats.bytesOnDisk,
        quotaBytes: stats.quotaBytes,
        daysLeft: stats.daysLeft ?? null,
        retentionDays: stats.retentionDays,
        writable: stats.writable,
      },
      api: { browsers: browsers() },
      rate: { to: isoOf(toMs), stepMs: RATE_STEP_MS, values: [...values] },
      notRead: { ...watch.notRead, byMachine: { ...watch.notRead.byMachine } },
    };
  });
}

const isoOf = (timeMs: number): string => nsToIso(msToNs(Math.floor(timeMs)));
