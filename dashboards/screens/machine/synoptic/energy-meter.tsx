import type { JSX } from 'preact';
import type { SignalInfo } from '../../../api/model.ts';
import { Flow } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

const MAIN: readonly Tag[] = [
  { end: 'Main/AcActivePowerTotal', x: 100, y: 14 },
  { end: 'Main/MaximumDemand', x: 240, y: 14 },
  { end: 'Main/AcPowerFactor', x: 380, y: 14 },
  { end: 'Main/AcReactivePowerTotal', x: 520, y: 14 },
  { end: 'Main/AcFrequency', x: 660, y: 14 },
];
/** One meter for light and heating, one for each machine. */
const LINE = /(^|\/)(Building|Feeders\/[^/]+)\/AcActivePowerTotal$/;
/** Power at which a line is drawn at its full width, kW. */
const FULL_KW = 60;
const ROWS = 5;
const MOST_COLUMNS = 3;
const TOP = 84;
const STEP = 42;
const WIDTH = 800;
const BUS_X = 40;

interface Line {
  readonly signal: SignalInfo;
  /** Where it leaves its bus. */
  readonly x: number;
  readonly y: number;
}

function linesOf(signals: readonly SignalInfo[]): readonly Line[] {
  const found = signals.filter(({ path }) => LINE.test(path)).slice(0, ROWS * MOST_COLUMNS);
  const columns = Math.ceil(found.length / ROWS);
  return found.map((signal, i) => ({
    signal,
    x: BUS_X + Math.floor(i / ROWS) * (WIDTH / columns),
    y: TOP + 16 + (i % ROWS) * STEP,
  }));
}

export const energyMeterTags = (signals: readonly SignalInfo[]): readonly Tag[] => [
  ...MAIN,
  ...linesOf(signals).map(({ signal, x, y }) => ({
    end: signal.path,
    place: 1,
    x: x + 80,
    y: y - 16,
    w: 240,
  })),
];

/** The incomer, the bus and what leaves it, each as wide as what flows. */
export function EnergyMeter({ find, signals }: Drawing): JSX.Element {
  const lines = linesOf(signals);
  const last = Math.max(BUS_X, ...lines.map(({ x }) => x));
  const ends = new Map(lines.map(({ x, y }) => [x, y]));
  return (
    <>
      <Flow signal={find('Main/AcActivePowerTotal')} full={FULL_KW} d={`M${BUS_X} 4V16M${BUS_X} 58V72`} />
      <circle class="vessel" cx={BUS_X} cy={37} r={22} />
      <path class="tick" d="M44 23l-12 16h16l-12 14" />
      <path
        class="bus"
        d={`M${BUS_X - 16} 72H${last}${[...ends].map(([x, y]) => `M${x} 72V${y + 8}`).join('')}`}
      />
      {lines.map(({ signal, x, y }) => (
        <Flow key={signal.id} signal={signal} full={FULL_KW} d={`M${x} ${y}h64`} />
      ))}
    </>
  );
}
