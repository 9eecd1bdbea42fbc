/**
 * A recording as it lies on disk, read by a code path of its own: nothing of the product takes part, so that the
 * proof does not believe the replay that it judges.
 */
import { readFileSync } from 'node:fs';

export interface TruthRow {
  /** ns since 1970, as recorded (the text is taken as UTC). */
  readonly timeNs: bigint;
  readonly value: number;
}

export interface RecordingFormat {
  readonly separator: string;
  readonly timeColumn: string;
}

/** Column name -> its rows in the file's order; cells without a number are left out. */
export function readRecording(file: string, format: RecordingFormat): Map<string, TruthRow[]> {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const names = head.split(format.separator);
  const timeAt = names.indexOf(format.timeColumn);
  if (timeAt < 0) throw new Error(`${file} has no column ${format.timeColumn}`);
  const columns = new Map<string, TruthRow[]>();
  names.forEach((name, i) => {
    if (i !== timeAt) columns.set(name, []);
  });
  for (const line of lines) {
    const cells = line.split(format.separator);
    const timeNs = recordedTime(cells[timeAt] ?? '');
    names.forEach((name, i) => {
      const cell = cells[i] ?? '';
      if (i !== timeAt && cell !== '') columns.get(name)?.push({ timeNs, value: Number(cell) });
    });
  }
  return columns;
}

function recordedTime(text: string): bigint {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z?$/.exec(text);
  if (!match) throw new Error(`not a time: "${text}"`);
  const seconds = BigInt(Date.parse(`${match[1]}T${match[2]}Z`) / 1000);
  return seconds * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
}
