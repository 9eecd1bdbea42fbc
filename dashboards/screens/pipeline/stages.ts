import type { Health, MachineInfo, StreamAuditView } from '../../api/model.ts';
import type { LinkState } from '../../live-core/transport.ts';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { localized, plural, t } from '../../i18n/i18n.ts';

export type StageStatus = 'ok' | 'degraded' | 'down' | 'unknown';

export interface StageView {
  readonly name: string;
  readonly status: StageStatus;
  readonly figure: string;
  readonly detail: string;
}

export interface StagesInput {
  readonly machines: readonly MachineInfo[];
  readonly streams: readonly StreamAuditView[];
  readonly health: Health;
  /** Samples stored a second. */
  readonly rate: number | undefined;
  readonly link: LinkState;
  readonly paintMs: number | undefined;
}

/** machine -> agent -> broker -> ingest -> historian -> this browser, as the health report and the audit tell. */
export function stagesOf(input: StagesInput): readonly StageView[] {
  const { streams, rate } = input;
  const component = (name: string, pattern: RegExp, figure: string): StageView => {
    const found = input.health.components.find((each) => pattern.test(each.name));
    return { name, status: found?.status ?? 'unknown', figure, detail: found?.detail ?? '' };
  };
  const stored = streams.reduce((sum, stream) => sum + stream.stored, 0);
  return [
    machinesStage(input.machines),
    agentsStage(input),
    component(t('pipeline.broker'), /broker|mqtt/i, 'Sparkplug B'),
    component(
      t('pipeline.ingest'),
      /ingest/i,
      rate === undefined ? '…' : t('pipeline.rate', { n: formatCount(Math.round(rate)) }),
    ),
    component(
      t('pipeline.historian'),
      /historian|store/i,
      plural('count.samples', stored, formatCount(stored)),
    ),
    browserStage(input),
  ];
}

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
    detail: silent.length > 0 ? t('pipeline.silent', { names }) : '',
  };
}

function agentsStage({ streams, health }: StagesInput): StageView {
  const current = streams.filter((stream) => stream.current);
  const oldestMs = Math.max(0, ...current.map((stream) => stream.oldestUnacknowledgedMs ?? 0));
  const reported = health.components.find((each) => /agent/i.test(each.name))?.status;
  return {
    name: t('pipeline.agents'),
    status: reported ?? (current.length > 0 ? 'ok' : 'unknown'),
    figure: current.map((stream) => stream.agent).join(', ') || t('pipeline.none'),
    detail: `${t('pipeline.oldest')}: ${formatAge(oldestMs)}`,
  };
}

const browserStage = ({ link, paintMs }: StagesInput): StageView => ({
  name: t('pipeline.browser'),
  status: link === 'live' ? 'ok' : 'down',
  figure: t(`link.${link}`),
  detail: paintMs === undefined ? '' : t('pipeline.paint', { age: `${paintMs.toFixed(1)} ms` }),
});
