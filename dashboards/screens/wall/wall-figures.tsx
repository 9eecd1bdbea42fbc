import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useCore, useTicker, writeText } from '../../app/core-context.ts';
import type { Core } from '../../app/core.ts';
import { Spark } from '../../charts/spark-row.tsx';
import { messageText, needsSomebody, PriorityMark } from '../../frame/alarm-marks.tsx';
import { formatCount, formatNumber } from '../../i18n/format.ts';
import { localized, t, unitSymbol } from '../../i18n/i18n.ts';
import { setAttribute } from '../../live-core/binders.ts';
import { troubleOf } from './machine-troubles.ts';
import type { Standing, WallMachine } from './machine-troubles.ts';
import { RecentCounts } from './recent-counts.ts';

const MAX_TROUBLES = 5;

export interface WallFiguresProps {
  readonly machines: readonly WallMachine[];
  readonly standings: readonly Standing[];
}

/** A few figures that are true of the whole plant, and what needs a person, in plain words. */
export function WallFigures({ machines, standings }: WallFiguresProps): JSX.Element {
  const main = mainMeter(machines);
  const running = standings.filter((standing) => standing.class === 'run').length;
  return (
    <aside class="wall-figures" aria-label={t('wall.figures')}>
      <section class="panel figure-row">
        <h2>{t('wall.running')}</h2>
        <p class="value">
          <span class="number">{formatCount(running)}</span>
          <span class="unit">{t('wall.of', { n: formatCount(machines.length) })}</span>
        </p>
        <span class="share" aria-hidden="true">
          <span style={`width:${((running / machines.length) * 100).toFixed(1)}%`} />
        </span>
      </section>
      <section class="panel figure-row">
        <h2>{t(main ? 'wall.mainPower' : 'wall.totalPower')}</h2>
        <TotalPower machines={main ? [main] : machines} />
        {main?.power && <Spark signal={main.power} />}
      </section>
      <section class="panel figure-row">
        <h2>{t('wall.goodLately')}</h2>
        <GoodLately machines={machines} />
      </section>
      <Troubles machines={machines} standings={standings} />
    </aside>
  );
}

/** The building's own meter counts what the machines tell, and what they do not. */
const mainMeter = (machines: readonly WallMachine[]): WallMachine | undefined =>
  machines.find(({ machine, power }) => machine.kind === 'energy-meter' && power);

function TotalPower({ machines }: { readonly machines: readonly WallMachine[] }): JSX.Element {
  const core = useCore();
  const ref = useTicker<HTMLParagraphElement>((element) => {
    const total = sumOf(core, machines);
    const number = element.firstElementChild;
    if (number) writeText(number, total === undefined ? '–' : formatNumber(total, 1));
    setAttribute(element, 'data-empty', total === undefined ? '' : undefined);
  });
  return (
    <p class="value" ref={ref} data-empty="">
      <span class="number">–</span>
      <span class="unit">{unitSymbol('KWT', 'kW')}</span>
    </p>
  );
}

/** Without those that are not heard now: `undefined` when none is. */
function sumOf({ store }: Core, machines: readonly WallMachine[]): number | undefined {
  let total: number | undefined;
  for (const { machine, power } of machines) {
    const value = power && store.values[store.slotOf(power.id)];
    if (typeof value === 'number' && store.staleAgeMs(machine.id) === undefined) total = (total ?? 0) + value;
  }
  return total;
}

function GoodLately({ machines }: { readonly machines: readonly WallMachine[] }): JSX.Element {
  const core = useCore();
  const counts = useRef<RecentCounts>(null);
  counts.current ??= new RecentCounts(core);
  const signals = machines.flatMap(({ good }) => good?.id ?? []);
  const ref = useTicker<HTMLParagraphElement>((element) => {
    const made = counts.current?.made(signals);
    const number = element.firstElementChild;
    if (number) writeText(number, made === undefined ? '–' : formatCount(made));
    setAttribute(element, 'data-empty', made === undefined ? '' : undefined);
  });
  return (
    <p class="value" ref={ref} data-empty="">
      <span class="number">–</span>
      <span class="unit">{t('overview.lastMinutes')}</span>
    </p>
  );
}

/** Machines that nobody hears or that are down, then alarms of others that nobody has acknowledged. */
function Troubles({ machines, standings }: WallFiguresProps): JSX.Element {
  const { alarms } = useCore();
  const nameOf = (id: string): string => {
    const machine = machines.find((each) => each.machine.id === id)?.machine;
    return machine ? localized(machine.name) : id;
  };
  const worst = standings
    .filter((standing) => standing.class === 'silent' || standing.class === 'down')
    .sort((a, b) => troubleOf(a) - troubleOf(b));
  const named = new Set(worst.map(({ id }) => id));
  const others = new Set(machines.flatMap(({ machine: { id } }) => (named.has(id) ? [] : id)));
  const state = alarms.standing.value;
  const waiting =
    state.kind === 'ready'
      ? state.value.filter((each) => needsSomebody(each) && others.has(each.machine))
      : [];
  const rest = worst.length + waiting.length - MAX_TROUBLES;
  return (
    <section class="panel troubles" aria-label={t('wall.attention')}>
      <h2>{t('wall.attention')}</h2>
      {worst.length + waiting.length === 0 ? (
        <p class="hint">{t('wall.allWell')}</p>
      ) : (
        <ol>
          {worst.slice(0, MAX_TROUBLES).map((standing) => (
            <li key={standing.id}>
              <span class="lamp" data-standing={standing.class} aria-hidden="true">
                {t(`lamp.${standing.class}`)}
              </span>
              <span>
                <strong>{nameOf(standing.id)}</strong>{' '}
                {standing.class === 'silent' ? t('wall.silent') : standing.text}
              </span>
            </li>
          ))}
          {waiting.slice(0, Math.max(0, MAX_TROUBLES - worst.length)).map((alarm) => (
            <li key={alarm.id}>
              <PriorityMark priority={alarm.priority} attention />
              <span>
                <strong>{nameOf(alarm.machine)}</strong> {messageText(alarm.message)}
              </span>
            </li>
          ))}
          {rest > 0 && <li>{t('wall.more', { n: rest })}</li>}
        </ol>
      )}
    </section>
  );
}
