import {
  machineRoute,
  machinesRoute,
  signalsRoute,
  type MachineView,
  type SignalView,
} from '#contracts/api/machines.ts';
import type { MachinePresence } from '#contracts/presence.ts';
import { machineId, type MachineId } from '#domain/asset-path.ts';
import type { LatestSample, MachineCatalogue } from '#domain/sample-store.ts';
import { BAD_WAITING_FOR_INITIAL_DATA } from '#domain/status-code.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import type { RouteTable } from '../route-table.ts';
import { heardAt, isPathStale } from '../live/path-watch.ts';
import { toWireValue } from '#contracts/api/json-value.ts';
import { pageAfter } from './page.ts';

export function addMachineRoutes(routes: RouteTable, context: ApiContext): void {
  routes.get(machinesRoute, ({ query }) => {
    const page = pageAfter(context.store.machines(), ({ machine }) => machine.id, query);
    const presence = presenceByMachine(context);
    return {
      ...page,
      items: page.items.map((each) => machineView(context, each, presence.get(each.machine.id))),
    };
  });
  routes.get(machineRoute, ({ params }) => {
    const catalogue = findMachine(context, machineId(params.site, params.machine));
    return machineView(context, catalogue, presenceByMachine(context).get(catalogue.machine.id));
  });
  routes.get(signalsRoute, ({ params, query }) => {
    const { machine, signals } = findMachine(context, machineId(params.site, params.machine));
    const latest = new Map(context.store.latest(machine.id).map((sample) => [sample.signal, sample]));
    const page = pageAfter(signals, ({ path }) => path, query);
    return { ...page, items: page.items.map((signal) => signalView(signal, latest.get(signal.id))) };
  });
}

/** @throws ApiProblem MACHINE_UNKNOWN */
export function findMachine({ store }: ApiContext, id: MachineId): MachineCatalogue {
  const found = store.machines().find(({ machine }) => machine.id === id);
  if (!found) throw new ApiProblem('MACHINE_UNKNOWN', `No machine has the id "${id}"; /machines lists them.`);
  return found;
}

function presenceByMachine({ presence }: ApiContext): Map<MachineId, MachinePresence> {
  return new Map(presence.machines().map((each) => [each.machine, each]));
}

function machineView(
  context: ApiContext,
  { machine, signals }: MachineCatalogue,
  presence: MachinePresence | undefined,
): MachineView {
  const lastSample = lastSampleAt(context, signals);
  const aliveAt = heardAt(presence);
  return {
    id: machine.id,
    assetPath: machine.assetPath,
    kind: machine.kind,
    name: machine.name,
    state: presence?.link ?? 'offline',
    ...(presence?.detail === undefined ? {} : { detail: presence.detail }),
    ...(presence?.problem === undefined ? {} : { problem: presence.problem }),
    provenance: machine.provenance,
    ...(presence ? { edgeAgent: presence.agent } : {}),
    connected: presence?.connected ?? false,
    stale: isPathStale(presence, context.clock.now()),
    retired: context.retired.has(machine.id),
    signals: signals.length,
    lastSampleAt: lastSample === undefined ? null : nsToIso(lastSample),
    lastAliveAt: aliveAt === undefined ? null : nsToIso(msToNs(Math.floor(aliveAt))),
  };
}

function lastSampleAt({ store, live }: ApiContext, signals: MachineCatalogue['signals']): bigint | undefined {
  let greatest: bigint | undefined;
  for (const { id } of signals) {
    const no = store.signalNo(id);
    if (no === undefined || (live.changed[no] ?? 0) === 0) continue;
    const time = live.timeNs(no);
    if (greatest === undefined || time > greatest) greatest = time;
  }
  return greatest;
}

export function signalView(
  signal: MachineCatalogue['signals'][number],
  latest: LatestSample | undefined,
): SignalView {
  return {
    ...signal,
    value: latest ? toWireValue(latest.value) : null,
    statusCode: latest?.statusCode ?? BAD_WAITING_FOR_INITIAL_DATA,
    sourceTimestamp: latest ? nsToIso(latest.sourceTimestamp) : null,
  };
}
