import type { Health, MachineInfo, PipelineView } from '../../api/model.ts';
import type { LinkState } from '../../live-core/transport.ts';
import { formatAge, formatBytes, formatCount, formatMs } from '../../i18n/format.ts';
import { localized, plural, t } from '../../i18n/i18n.ts';

export type StageStatus = 'ok' | 'degraded' | 'down' | 'unknown';

export interface StageView {
  readonly name: string;
  readonly status: StageStatus;
  readonly figure: string;
  /** What waits at the stage, and how late it is; absent where a stage keeps nothing. */
  readonly queue?: string | undefined;
  readonly lag?: string | undefined;
  readonly detail?: string | undefined;
}

export interface StagesInput {
  /** Those that an agent reads. */
  readonly machines: readonly MachineInfo[];
  readonly pipeline: PipelineView;
  readonly health: Health;
  readonly link: LinkState;
  /** Of this page. */
  readonly silenceMs: number;
  readonly paintMs: number | undefined;
}

/** machine -> session -> agent -> broker -> ingest -> historian -> API -> this browser, each with its queue and its lag. */
export function stagesOf(input: StagesInput): readonly StageView[] {
  return [
    machinesStage(input.machines),
    sessionsStage(input),
    agentsStage(input),
    brokerStage(input),
    ingestStage(input),
    historianStage(input),
    apiStage(input),
    browserStage(input),
  ];
}

const statusOf = (health: Health, pattern: RegExp): StageStatus =>
  health.components.find(({ name }) => pattern.test(name))?.status ?? 'unknown';

function machinesStage(machines: readonly MachineInfo[]): StageView {
  const silent = machines.filter((machine) => !machine.connected || machine.stale);
  const names = silent.map((machine) => localized(machine.name)).join(', ');
  let status: StageStatus = 'ok';
  if (machines.length === 0) status = 'unknown';
  else if (silent.length > 0) status = silent.length < machines.length ? 'degraded' : 'down';
  return {
    name: t('pipeline.machines'),
    status,
    figure: plural('count.machines', machines.length, formatCount(machines.length)),
    detail: silent.length > 0 ? t('pipeline.silent', { names }) : undefined,
  };
}

function sessionsStage({ pipeline }: StagesInput): StageView {
  const sessions = pipeline.agents.flatMap(({ online, health }) => (online ? (health?.machines ?? []) : []));
  const up = sessions.filter(({ state }) => state === 'online').length;
  const failed = sessions.reduce((sum, { failedItems }) => sum + failedItems, 0);
  const oldestMs = Math.max(0, ...sessions.flatMap(({ aliveMs }) => aliveMs ?? []));
  let status: StageStatus = 'ok';
  if (sessions.length === 0) status = 'unknown';
  else if (up < sessions.length) status = up === 0 ? 'down' : 'degraded';
  return {
    name: t('pipeline.links'),
    status,
    figure: t('overview.summary', { connected: formatCount(up), total: formatCount(sessions.length) }),
    lag: sessions.length > 0 ? formatAge(oldestMs) : undefined,
    detail: failed > 0 ? `${t('pipeline.failedItems')}: ${formatCount(failed)}` : undefined,
  };
}

function agentsStage({ pipeline, health }: StagesInput): StageView {
  const journals = pipeline.agents.flatMap((agent) => agent.health?.journal ?? []);
  const waiting = journals.reduce((sum, { head, tail }) => sum + Math.max(0, head - tail), 0);
  const names = pipeline.agents.map(({ agent }) => agent.split('/')[1] ?? agent);
  return {
    name: t('pipeline.agents'),
    status: statusOf(health, /agent/i),
    figure: names.join(', ') || t('pipeline.none'),
    queue: plural('count.records', waiting, formatCount(waiting)),
    lag: formatAge(Math.max(0, ...journals.map((journal) => journal.oldestUnacknowledgedMs))),
  };
}

function brokerStage({ pipeline, health }: StagesInput): StageView {
  const { connectedToBroker } = pipeline.ingest;
  return {
    name: t('pipeline.broker'),
    status: statusOf(health, /broker|mqtt/i),
    figure: t(connectedToBroker ? 'pipeline.online' : 'pipeline.offline'),
    detail: 'Sparkplug B',
  };
}

function ingestStage({ pipeline, health }: StagesInput): StageView {
  const { pending, lagMs, duplicates } = pipeline.ingest;
  const rate = pipeline.rate.values.at(-1);
  return {
    name: t('pipeline.ingest'),
    status: statusOf(health, /ingest/i),
    figure: t('pipeline.rate', {
      n: rate === undefined || rate === null ? '…' : formatCount(Math.round(rate)),
    }),
    queue: plural('count.records', pending, formatCount(pending)),
    lag: lagMs === null ? undefined : formatAge(lagMs),
    detail: duplicates > 0 ? `${t('pipeline.duplicates')}: ${formatCount(duplicates)}` : undefined,
  };
}

function historianStage({ pipeline, health }: StagesInput): StageView {
  const { samples, bytesOnDisk, quotaBytes, daysLeft, retentionDays } = pipeline.store;
  const days = daysLeft === null ? undefined : Math.floor(daysLeft);
  const space = t('pipeline.space', {
    used: formatBytes(bytesOnDisk),
    limit: formatBytes(quotaBytes),
    days: plural('count.days', retentionDays, formatCount(retentionDays)),
  });
  const left =
    days === undefined
      ? ''
      : `; ${t('pipeline.daysLeft', { days: plural('count.days', days, formatCount(days)) })}`;
  return {
    name: t('pipeline.historian'),
    status: statusOf(health, /historian|store/i),
    figure: plural('count.samples', samples, formatCount(samples)),
    detail: `${space}${left}`,
  };
}

const apiStage = ({ pipeline, link }: StagesInput): StageView => ({
  name: t('pipeline.api'),
  status: link === 'live' ? 'ok' : 'unknown',
  figure: `${t('pipeline.browsers')}: ${formatCount(pipeline.api.browsers)}`,
});

const browserStage = ({ link, paintMs, silenceMs }: StagesInput): StageView => ({
  name: t('pipeline.browser'),
  status: link === 'live' ? 'ok' : 'down',
  figure: t(`link.${link}`),
  lag: Number.isFinite(silenceMs) ? formatAge(silenceMs) : undefined,
  detail: paintMs === undefined ? undefined : t('pipeline.paint', { age: formatMs(paintMs) }),
});
