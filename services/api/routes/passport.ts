import {
  PASSPORT_STEPS,
  passportRoute,
  type PassportStep,
  type PassportView,
} from '#contracts/api/passport.ts';
import { API_PREFIX } from '#contracts/api/route.ts';
import type { RecordTimes } from '#contracts/presence.ts';
import { formatTopic } from '#contracts/sparkplug/topics.ts';
import { machineId, parseSignalId, type SignalId } from '#domain/asset-path.ts';
import type { Signal } from '#domain/machine.ts';
import { SampleFlag } from '#domain/sample.ts';
import type { LatestSample, MachineCatalogue, SamplePlace, StreamKey } from '#domain/sample-store.ts';
import { formatStatusCode, hasOverflow, severityOf } from '#domain/status-code.ts';
import { statusName } from '#domain/status-name.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import type { RouteTable } from '../route-table.ts';
import { signalView } from './machines.ts';

export function addPassportRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(passportRoute, async ({ query }) => {
    const { catalogue, signal } = findSignal(context, query.signal);
    const no = context.store.signalNo(signal.id);
    const latest = context.store.latest(catalogue.machine.id).find((sample) => sample.signal === signal.id);
    // Of the same moment as the value: nothing is awaited in between.
    const place = no === undefined || !latest ? undefined : context.store.latestPlace?.(no);
    const stream = place && (await streamOf(context, catalogue, place));
    const times = stream && place && context.presence.recordTimes?.(stream, place.sequence);
    return passportOf(context, { catalogue, signal, latest, place, stream, times });
  });
}

interface Found {
  readonly catalogue: MachineCatalogue;
  readonly signal: Signal;
  readonly latest: LatestSample | undefined;
  readonly place: SamplePlace | undefined;
  readonly stream: StreamKey | undefined;
  readonly times: RecordTimes | undefined;
}

/** @throws ApiProblem SIGNAL_UNKNOWN */
function findSignal({ store }: ApiContext, id: SignalId): Pick<Found, 'catalogue' | 'signal'> {
  const parts = parseSignalId(id);
  const machine = parts && machineId(parts.site, parts.machine);
  const catalogue = store.machines().find((each) => each.machine.id === machine);
  const signal = catalogue?.signals.find((each) => each.id === id);
  if (catalogue && signal) return { catalogue, signal };
  throw new ApiProblem('SIGNAL_UNKNOWN', `No signal has the id "${id}".`, {
    issues: [{ path: 'signal', message: id }],
  });
}

/** The agent that reads the machine now, else any of its site whose epoch has that number. */
async function streamOf(
  { store, presence }: ApiContext,
  { machine }: MachineCatalogue,
  { epochNumber }: SamplePlace,
): Promise<StreamKey | undefined> {
  const agent = presence.machines().find((each) => each.machine === machine.id)?.agent;
  const streams = (await store.streams()).filter((each) => each.epochNumber === epochNumber);
  const ofSite = streams.filter(({ stream }) => stream.agent.startsWith(`${machine.assetPath.site}/`));
  const found =
    streams.find(({ stream }) => stream.agent === agent) ?? (ofSite.length === 1 ? ofSite[0] : undefined);
  return found?.stream;
}

function passportOf(context: ApiContext, found: Found): PassportView {
  const { catalogue, signal, latest } = found;
  const { id, name, kind, provenance } = catalogue.machine;
  const view = signalView(signal, latest);
  const statusName_ = statusName(view.statusCode);
  return {
    signal: view,
    machine: { id, name, kind, provenance },
    status: {
      code: formatStatusCode(view.statusCode),
      ...(statusName_ === undefined ? {} : { name: statusName_ }),
      severity: severityOf(view.statusCode),
      overflow: hasOverflow(view.statusCode),
    },
    timeSource: timeSourceOf(latest?.flags ?? 0),
    record: recordOf(found),
    steps: stepsOf(latest, found.times, context.clock.now()),
    links: {
      sample: sampleLink(signal, latest),
      signals: `${API_PREFIX}/machines/${id}/signals`,
    },
  };
}

function timeSourceOf(flags: number): PassportView['timeSource'] {
  if ((flags & SampleFlag.agentTime) !== 0) return 'agent';
  return (flags & SampleFlag.serverTime) === 0 ? 'source' : 'server';
}

function recordOf({ catalogue, place, stream, times }: Found): PassportView['record'] {
  if (!place || !stream) return null;
  const [group = '', edgeNode = ''] = stream.agent.split('/');
  const device = catalogue.machine.id.slice(catalogue.machine.id.indexOf('/') + 1);
  return {
    agent: stream.agent,
    epoch: stream.epoch,
    epochNumber: place.epochNumber,
    sequence: place.sequence,
    index: place.index,
    topic: formatTopic({ type: 'DDATA', group, edgeNode, device }),
    samples: times?.samples ?? null,
    payloadBytes: times?.payloadBytes ?? null,
  };
}

function stepsOf(
  latest: LatestSample | undefined,
  times: RecordTimes | undefined,
  nowMs: number,
): PassportView['steps'] {
  const atMs: Readonly<Record<PassportStep, number | undefined>> = {
    source: latest && Number(latest.sourceTimestamp) / 1e6,
    server: times?.serverTimeMs,
    journaled: times?.journaledAtMs,
    published: times?.publishedAtMs,
    received: times?.receivedAtMs,
    committed: times?.committedAtMs,
    answered: nowMs,
  };
  let before: number | undefined;
  return (Object.keys(PASSPORT_STEPS) as PassportStep[]).map((step) => {
    const at = atMs[step];
    const ms = at === undefined || before === undefined ? null : Math.round((at - before) * 1e3) / 1e3;
    if (at !== undefined) before = at;
    const iso = step === 'source' && latest ? nsToIso(latest.sourceTimestamp) : isoOf(at);
    return { step, clock: PASSPORT_STEPS[step], at: iso, ms };
  });
}

const isoOf = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : nsToIso(msToNs(Math.floor(timeMs)));

/** The sample itself: from its time on, one nanosecond long. */
function sampleLink({ id }: Signal, latest: LatestSample | undefined): string {
  const query = new URLSearchParams({ signal: id });
  if (latest) {
    query.set('from', nsToIso(latest.sourceTimestamp));
    query.set('to', nsToIso(latest.sourceTimestamp + 1n));
  }
  return `${API_PREFIX}/samples?${query.toString().replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
}
