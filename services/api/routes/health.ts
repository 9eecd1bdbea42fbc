import { healthRoute, type Health, type HealthCode } from '#contracts/api/health.ts';
import { messageOf } from '#platform/errors.ts';
import type { HealthComponent as AnyComponent } from '#platform/metrics.ts';
import type { ApiContext } from '../api-context.ts';
import { Answer, type RouteTable } from '../route-table.ts';

const STORE_TIMEOUT_MS = 2_000;

type HealthComponent = Health['components'][number];

export function addHealthRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(healthRoute, async () => {
    const own = [await historianHealth(context), ingestHealth(context), ...agentsHealth(context)];
    const components = mergeByName([...own, ...context.health().map(plain)]);
    const status = worst(components);
    const health: Health = { status, components };
    return new Answer(health, { status: status === 'down' ? 503 : 200 });
  });
}

async function historianHealth({ store }: ApiContext): Promise<HealthComponent> {
  const name = 'historian';
  try {
    const stats = await withTimeout(store.stats(), STORE_TIMEOUT_MS);
    if (!stats) {
      const seconds = STORE_TIMEOUT_MS / 1_000;
      return {
        name,
        status: 'down',
        detail: `no answer within ${seconds} s`,
        ...said('store-no-answer', { seconds }),
      };
    }
    if (!stats.writable) return { name, status: 'down', detail: stats.problem ?? 'cannot write' };
    const days = stats.daysLeft === undefined ? '' : `, space for ${Math.floor(stats.daysLeft)} more days`;
    if (stats.problem !== undefined) return { name, status: 'degraded', detail: stats.problem };
    const { samples } = stats;
    const words =
      stats.daysLeft === undefined
        ? said('store-samples', { samples })
        : said('store-samples-days', { samples, days: Math.floor(stats.daysLeft) });
    return { name, status: 'ok', detail: `${samples} samples${days}`, ...words };
  } catch (error) {
    return { name, status: 'down', detail: messageOf(error) };
  }
}

const SEVERITY = { ok: 0, degraded: 1, down: 2 } as const;

const said = (
  code: HealthCode,
  values: Readonly<Record<string, number | string>> = {},
): Pick<HealthComponent, 'code' | 'values'> => ({ code, values: { ...values } });

const plain = ({ name, status, detail }: AnyComponent): HealthComponent => ({
  name,
  status,
  ...(detail === undefined ? {} : { detail }),
});

/** The process may speak of a component that the API sees too: the worse word counts. */
function mergeByName(components: readonly HealthComponent[]): HealthComponent[] {
  const byName = new Map<string, HealthComponent>();
  for (const component of components) {
    const known = byName.get(component.name);
    if (!known || SEVERITY[component.status] > SEVERITY[known.status]) byName.set(component.name, component);
  }
  return [...byName.values()];
}

function ingestHealth({ presence }: ApiContext): HealthComponent {
  const { connectedToBroker, pending } = presence.counters();
  if (!connectedToBroker) {
    const detail = 'no connection to the broker: nothing new arrives';
    return { name: 'ingest', status: 'degraded', detail, ...said('ingest-no-broker') };
  }
  const detail = `${pending} records on the way to the disk`;
  return { name: 'ingest', status: 'ok', detail, ...said('ingest-pending', { records: pending }) };
}

function agentsHealth({ presence }: ApiContext): HealthComponent[] {
  return presence.agents().map(({ agent, online, health }) => {
    const name = `edge-agent ${agent}`;
    if (!online) {
      const detail = 'not connected: what it reads meanwhile stays in its journal';
      return { name, status: 'degraded', detail, ...said('agent-offline') };
    }
    const problem = health?.journal.problem;
    if (problem !== undefined) return { name, status: 'degraded', detail: problem };
    const quarantined = health?.journal.quarantined ?? 0;
    if (quarantined > 0)
      return {
        name,
        status: 'degraded',
        detail: `${quarantined} damaged journal segments: what they held is declared lost; check the agent's disk`,
      };
    const cut = health?.machines
      .filter(({ state }) => state !== 'online')
      .map(({ id, state }) => `${id} ${state}`);
    if (cut && cut.length > 0) {
      const names = cut.join(', ');
      return { name, status: 'degraded', detail: names, ...said('agent-machines', { names }) };
    }
    return { name, status: 'ok' };
  });
}

function worst(components: readonly HealthComponent[]): Health['status'] {
  if (components.some(({ status }) => status === 'down')) return 'down';
  return components.some(({ status }) => status === 'degraded') ? 'degraded' : 'ok';
}

async function withTimeout<Answer>(promise: Promise<Answer>, timeoutMs: number): Promise<Answer | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
