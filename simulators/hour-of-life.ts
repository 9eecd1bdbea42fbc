import type { LoadedPlant } from './plants/load-plant.ts';
import type { SignalDefinition } from './model/signal.ts';
import { createSimulation } from './runtime/create-simulation.ts';

const WIDTH = 960;
const ROW = 84;
const LEFT = 250;
const SECONDS = 3600;
const PLOTS = 8;

interface Plot {
  readonly signal: SignalDefinition;
  readonly values: number[];
}

/** A machine's hour as SVG: up to eight of its sensors, one above the other, a point a second. `id` -> SVG. */
export function hourOfLife(loaded: LoadedPlant, seed: number): ReadonlyMap<string, string> {
  const { plant, machines } = createSimulation(loaded, seed, Date.parse(loaded.plant.startsAt));
  const plots = machines.map(({ signals }) =>
    choose(signals).map((signal): Plot => ({ signal, values: [] })),
  );
  const sink = { accept: () => undefined };
  const perSecond = Math.round(1000 / loaded.plant.tickMs);
  for (let second = 0; second < SECONDS; second += 1) {
    for (let tick = 0; tick < perSecond; tick += 1) plant.step(sink);
    plots.forEach((ofMachine, i) => {
      for (const { signal, values } of ofMachine)
        values.push(
          Number(plant.runners[i]?.reading(machines[i]?.signals.indexOf(signal) ?? 0) ?? Number.NaN),
        );
    });
  }
  return new Map(machines.map(({ id }, i) => [id, draw(id, plots[i] ?? [])]));
}

/** Scalar sensors, spread over the machine's list. */
function choose(signals: readonly SignalDefinition[]): readonly SignalDefinition[] {
  const sensors = signals.filter(({ sensor, arrayLength }) => sensor === true && arrayLength === undefined);
  const step = Math.max(1, sensors.length / PLOTS);
  return Array.from({ length: Math.min(PLOTS, sensors.length) }, (_, i) => sensors[Math.floor(i * step)]!);
}

function draw(id: string, plots: readonly Plot[]): string {
  const height = plots.length * ROW + 40;
  const rows = plots.map((plot, i) => drawRow(plot, 30 + i * ROW)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="10" y="18" font-size="14">${id}: an hour of its life</text>
${rows}
</svg>
`;
}

function drawRow({ signal, values }: Plot, top: number): string {
  const known = values.filter((value) => Number.isFinite(value));
  const low = Math.min(...known);
  const high = Math.max(...known);
  const span = high - low || 1;
  const x = (i: number): string => (LEFT + (i / values.length) * (WIDTH - LEFT - 10)).toFixed(1);
  const y = (value: number): string => (top + (ROW - 16) * (1 - (value - low) / span)).toFixed(1);
  const points = values.flatMap((value, i) =>
    Number.isFinite(value) && i % 3 === 0 ? [`${x(i)},${y(value)}`] : [],
  );
  return `<text x="10" y="${top + 22}">${signal.path.split('/').slice(-2).join('/')}</text>
<text x="10" y="${top + 38}" fill="#666">${low.toFixed(2)} … ${high.toFixed(2)} ${signal.unit ?? ''}</text>
<polyline fill="none" stroke="#0b6" stroke-width="1" points="${points.join(' ')}"/>`;
}
