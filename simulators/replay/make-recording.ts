import type { SignalValue } from '../model/signal.ts';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { pumpLoopKind } from '../machines/pump-loop/kind.ts';
import { standaloneSurroundings } from '../site/standalone.ts';
import { createRandom } from '../model/random.ts';

/**
 * Makes `recordings/pump-loop.csv`: forty minutes of the pump loop at 1 Hz, with what real recordings are
 * like: equal neighbours, missing seconds and a gap of minutes, repeated times, exact repetitions of a row, one
 * step back. Same seed, same bytes; a test holds the committed file to it.
 */
export const RECORDING_PATH = join(import.meta.dirname, 'recordings', 'pump-loop.csv');

const SEED = 20_260_105;
const START_MS = Date.UTC(2026, 0, 5, 5);
const ROWS = 2_400;
const STEPS_PER_ROW = 10;
const COLUMNS = [
  'vibration1',
  'differentialPressure',
  'volumeFlowRate',
  'speed',
  'fluidTemperature',
  'bearingTemperature',
  'motorCurrent',
  'tankLevel',
  'pumpOn',
  'revolutions',
  'stepNumber',
] as const;

export function makeRecording(): string {
  const random = createRandom(SEED, 'recording');
  const model = pumpLoopKind.create(pumpLoopKind.parameters.parse({}), {
    machineId: 'pump-01',
    machineIds: ['pump-01'],
    random: (purpose) => createRandom(SEED, purpose),
  });
  const around = standaloneSurroundings();
  const lines = [['time', ...COLUMNS].join(';')];
  let timeMs = START_MS;
  for (let row = 0; row < ROWS; row += 1) {
    for (let i = 1; i <= STEPS_PER_ROW; i += 1) model.step(0.1, around(timeMs + i * 100), new Map());
    timeMs += 1000;
    if (random.next() < 0.05 || (row > 900 && row < 1_100)) continue;
    const cells = COLUMNS.map((key) => cell(model.values[key] ?? 0, key));
    lines.push([stamp(row === 1_500 ? timeMs - 4_000 : timeMs), ...cells].join(';'));
    // A logger that was interrupted writes its last row again, or the next reading under the old time.
    if (random.next() < 0.004) lines.push(lines.at(-1) ?? '');
    if (random.next() < 0.004) lines.push([stamp(timeMs), ...cells.with(1, '1.25')].join(';'));
  }
  return `${lines.join('\n')}\n`;
}

/** Loggers store few digits: so neighbours are often equal. */
function cell(value: SignalValue, key: (typeof COLUMNS)[number]): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'object') throw new Error(`${key} is no scalar`);
  if (typeof value !== 'number' || key === 'stepNumber') return String(value);
  return key === 'vibration1' ? String(Number(value.toFixed(4))) : String(Number(value.toFixed(2)));
}

const stamp = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(RECORDING_PATH, makeRecording());
