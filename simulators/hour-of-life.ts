import type { LoadedPlant } from './plants/load-plant.ts';
import type { SignalDefinition } from './model/signal.ts';
import type { WorkState } from './model/work-state.ts';
import { isUnitCode, unitOf } from './model/units.ts';
import { WORK_STATES } from './model/work-state.ts';
import { createSimulation } from './runtime/create-simulation.ts';

const WIDTH = 960;
const ROW = 84;
const TOP = 64;
const LEFT = 250;
const RIGHT = 10;
const SECONDS = 3600;
const PLOTS = 8;
/** Of them sensors of different names; the others are of names that occur several times (axes, zones, lines). */
const DIFFERENT = 5;
const COLOURS: Readonly<Record<WorkState, string>> = {
  producing: '#0b6',
  setup: '#48c',
  starved: '#ec6',
  blocked: '#d93',
  fault: '#c33',
  'planned-stop': '#99a',
  idle: '#dde',
};

/** What a signal did in each second, so that what is quicker than a second shows too. */
interface Plot {
  readonly signal: SignalDefinition;
  readonly label: string;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

/** A machine's hour as SVG: what it did, and up to eight of its sensors, one above the other. `id` -> SVG. */
export function hourOfLife(loaded: LoadedPlant, seed: number): ReadonlyMap<string, string> {
  const { plant, machines } = createSimulation(loaded, seed, Date.parse(loaded.plant.startsAt));
  const lives = machines.map(({ signals }) => ({ plots: plotsOf(signals), states: [] as WorkState[] }));
  const places = lives.map(({ plots }, i) =>
    plots.map(({ signal }) => machines[i]?.signals.indexOf(signal) ?? 0),
  );
  const sink = { accept: () => undefined };
  const perSecond = Math.round(1000 / loaded.plant.tickMs);
  for (let second = 0; second < SECONDS; second += 1) {
    for (let tick = 0; tick < perSecond; tick += 1) {
      plant.step(sink);
      lives.forEach(({ plots }, i) => {
        plots.forEach((plot, k) => follow(plot, second, plant.runners[i]?.reading(places[i]?.[k] ?? 0)));
      });
    }
    lives.forEach(({ states }, i) => states.push(plant.runners[i]?.work?.state ?? 'idle'));
  }
  return new Map(machines.map(({ id }, i) => [id, draw(id, lives[i]!)]));
}

function follow({ lows, highs }: Plot, second: number, reading: unknown): void {
  const value = Number(reading ?? Number.NaN);
  if (!Number.isFinite(value)) return;
  if (!(value >= lows[second]!)) lows[second] = value;
  if (!(value <= highs[second]!)) highs[second] = value;
}

function plotsOf(signals: readonly SignalDefinition[]): readonly Plot[] {
  const chosen = choose(signals);
  return chosen.map((signal) => ({
    signal,
    label: labelOf(signal, signals),
    lows: new Float64Array(SECONDS).fill(Number.NaN),
    highs: new Float64Array(SECONDS).fill(Number.NaN),
  }));
}

const ownName = ({ path }: SignalDefinition): string => path.slice(path.lastIndexOf('/') + 1);

/** Scalar sensors in the machine's order, spread over its list. */
function choose(signals: readonly SignalDefinition[]): readonly SignalDefinition[] {
  const sensors = signals.filter(({ sensor, arrayLength }) => sensor === true && arrayLength === undefined);
  const first = new Map(sensors.toReversed().map((signal) => [ownName(signal), signal]));
  const different = sensors.filter((signal) => first.get(ownName(signal)) === signal);
  const alike = sensors.filter((signal) => !different.includes(signal));
  const few = spread(alike, PLOTS - DIFFERENT);
  const chosen = new Set([...few, ...spread(different, PLOTS - few.length)]);
  return sensors.filter((signal) => chosen.has(signal));
}

const spread = (of: readonly SignalDefinition[], count: number): readonly SignalDefinition[] =>
  of.filter((_, i) => Math.floor((i * count) / of.length) !== Math.floor(((i - 1) * count) / of.length));

/** As much of the end of its path as no other signal of the machine has. */
function labelOf({ path }: SignalDefinition, all: readonly SignalDefinition[]): string {
  const parts = path.split('/');
  const ends = (tail: string): number => all.filter((other) => `/${other.path}`.endsWith(`/${tail}`)).length;
  const tails = parts.map((_, i) => parts.slice(i).join('/')).toReversed();
  return (tails.slice(1).find((tail) => ends(tail) === 1) ?? path).replaceAll('ParameterSet/', '');
}

const x = (second: number): number => LEFT + (second / SECONDS) * (WIDTH - LEFT - RIGHT);

function draw(
  id: string,
  { plots, states }: { readonly plots: readonly Plot[]; readonly states: readonly WorkState[] },
): string {
  const height = plots.length * ROW + TOP + 16;
  const rows = plots.map((plot, i) => drawRow(plot, TOP + i * ROW)).join('\n');
  const legend = WORK_STATES.filter((state) => states.includes(state))
    .map((state, i) => `<tspan x="${LEFT + i * 90}" fill="${COLOURS[state]}">■</tspan> ${state}`)
    .join(' ');
  const ticks = [0, 15, 30, 45, 60]
    .map((minute) => `<text x="${x(minute * 60)}" y="${height - 6}" text-anchor="middle">${minute}</text>`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="10" y="18" font-size="14">${id}: an hour of its life</text>
<text y="18">${legend}</text>
${drawStates(states)}
${rows}
<g fill="#666"><text x="10" y="${height - 6}">minutes</text>${ticks}</g>
</svg>
`;
}

/** A band of what the machine truly did. */
function drawStates(states: readonly WorkState[]): string {
  const runs: { readonly state: WorkState; readonly from: number }[] = [];
  states.forEach((state, second) => {
    if (runs.at(-1)?.state !== state) runs.push({ state, from: second });
  });
  return runs
    .map(({ state, from }, i) => {
      const width = x(runs[i + 1]?.from ?? SECONDS) - x(from);
      return `<rect x="${x(from).toFixed(1)}" y="28" width="${width.toFixed(1)}" height="14" fill="${COLOURS[state]}"/>`;
    })
    .join('\n');
}

function drawRow({ signal, label, lows, highs }: Plot, top: number): string {
  const low = lows.reduce((least, value) => (value < least ? value : least), Infinity);
  const high = highs.reduce((most, value) => (value > most ? value : most), -Infinity);
  const span = high - low || 1;
  const y = (value: number): string => (top + (ROW - 16) * (1 - (value - low) / span)).toFixed(1);
  const columns: string[] = [];
  const seconds = SECONDS / (WIDTH - LEFT - RIGHT);
  for (let from = 0; from < SECONDS; from += seconds) {
    const [begin, end] = [Math.floor(from), Math.max(Math.floor(from) + 1, Math.floor(from + seconds))];
    const known = (values: Float64Array): readonly number[] =>
      [...values.subarray(begin, end)].filter((value) => Number.isFinite(value));
    if (known(lows).length === 0) continue;
    const at = x(from).toFixed(1);
    columns.push(`${at},${y(Math.min(...known(lows)))} ${at},${y(Math.max(...known(highs)))}`);
  }
  const unit = signal.unit !== undefined && isUnitCode(signal.unit) ? unitOf(signal.unit).symbol : '';
  return `<text x="10" y="${top + 22}">${label}</text>
<text x="10" y="${top + 38}" fill="#666">${low.toFixed(2)} … ${high.toFixed(2)} ${unit}</text>
<polyline fill="none" stroke="#0b6" stroke-width="1" points="${columns.join(' ')}"/>`;
}
