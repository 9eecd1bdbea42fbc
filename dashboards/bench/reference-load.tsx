import { render } from 'preact';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/frame.css';
import '../styles/values.css';
import '../styles/screens.css';
import '../styles/finder.css';
import './reference-load.css';
import { isMeasured } from '../api/model.ts';
import type { SignalInfo } from '../api/model.ts';
import { CoreContext, useCore, useReading, useSubscription } from '../app/core-context.ts';
import { createCore } from '../app/core.ts';
import { choices } from '../app/router.ts';
import { startSettings } from '../app/settings.ts';
import type { MultiTrend } from '../charts/multi-trend.ts';
import { RangeChoice } from '../frame/range-choice.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { Value } from '../frame/value.tsx';
import { ownName } from '../i18n/signal-names.ts';
import { browserClock } from '../live-core/clock.ts';
import { useExploration } from '../screens/explore/use-exploration.ts';

/**
 * The load that the quality bars of the dashboards are judged by: charts of several lines each and many values at 10 Hz on one page, made
 * of the very parts that the screens are made of. Not part of the bundle; `npm run bench:ui` builds it and shows it in Chromium.
 * `?machine=site/id,site/id&charts=20&series=5&values=500`
 */
const query = new URLSearchParams(location.search);
const numberOf = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
const MACHINES = (query.get('machine') ?? 'brest/load').split(',');
const CHARTS = numberOf('charts', 20);
const SERIES = numberOf('series', 5);
const VALUES = numberOf('values', 500);

declare global {
  interface Window {
    /** Source time of a value and when it was painted, ms since 1970, in turn. */
    paints: number[];
  }
}
window.paints = [];

function Page(): JSX.Element {
  const { plant } = useCore();
  const machines = plant.machines.value;
  const signals = MACHINES.map((machine) => plant.signalsOf(machine).value);
  if (machines.kind !== 'ready' || !signals.every((each) => each.kind === 'ready')) return <p>…</p>;
  const drawn = signals.flatMap(({ value }) => value.filter(isMeasured));
  const charts = Array.from({ length: CHARTS }, (_, i) => drawn.slice(i * SERIES, (i + 1) * SERIES));
  const values = drawn.slice(CHARTS * SERIES, CHARTS * SERIES + VALUES);
  return (
    <>
      <TopBar />
      <main id="content">
        <RangeChoice range={choices.value.range ?? '10m'} />
        <div class="load-charts">
          {charts.map((own) => (
            <Chart key={own[0]?.id} signals={own} />
          ))}
        </div>
        <Values signals={values} />
      </main>
    </>
  );
}

function Chart({ signals }: { readonly signals: readonly SignalInfo[] }): JSX.Element {
  const chart = useRef<MultiTrend | null>(null);
  const tags = signals.map(({ id }) => id);
  useSubscription({ tags, rate: 10, mode: 'minmax' });
  const range = choices.value.range ?? '10m';
  const { host } = useExploration({ at: { screen: 'explore', signals: tags }, range, signals, chart });
  return (
    <section class="panel">
      <div class="trend-plot" ref={host} />
    </section>
  );
}

function Values({ signals }: { readonly signals: readonly SignalInfo[] }): JSX.Element {
  useSubscription({ tags: signals.map(({ id }) => id), rate: 10, mode: 'last' });
  return (
    <div class="load-values">
      {signals.map((signal) => (
        <span key={signal.id}>
          {ownName(signal)} <Value signal={signal} />
        </span>
      ))}
      {signals[0] && <Stopwatch signal={signals[0]} />}
    </div>
  );
}

/** Notes when the frame was painted in which a value was written. */
function Stopwatch({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const ref = useReading<HTMLSpanElement>(signal.id, (_element, { timeMs }) => {
    requestAnimationFrame(() => window.paints.push(timeMs, Date.now()));
  });
  return <span ref={ref} />;
}

const core = createCore({
  clock: browserClock,
  hidden: () => false,
  dial: () => new WebSocket(`ws://${location.host}/api/v1/live`),
});
core.transport.start();
core.plant.start();
await startSettings();
core.scheduler.start();
const host = document.querySelector('#app');
if (host)
  render(
    <CoreContext.Provider value={core}>
      <Page />
    </CoreContext.Provider>,
    host,
  );
