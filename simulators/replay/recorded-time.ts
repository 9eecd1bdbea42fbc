import type { ReplayMapping } from '#contracts/config/replay-mapping.ts';
import { TICKS_PER_MS } from '../model/produced-tick.ts';

/** A recorded instant: milliseconds since 1970 and 100 ns units below. */
export interface RecordedTime {
  readonly timeMs: number;
  readonly below: number;
}

const TEXT =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,7}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** @returns undefined when the text is no such time. */
export function parseRecordedTime(
  text: string,
  { format, zone }: ReplayMapping['time'],
): RecordedTime | undefined {
  const trimmed = text.trim();
  if (format !== 'text') return parseUnix(trimmed, format === 'unix-s' ? 1000 : 1);
  const match = TEXT.exec(trimmed);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset] = match;
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  if (new Date(wallMs).getUTCDate() !== Number(day) || Number(hour) > 23) return undefined;
  const ticks = Number(fraction.padEnd(7, '0'));
  const secondMs = offset === undefined ? zonedMs(wallMs, zone) : wallMs - offsetMs(offset);
  return { timeMs: secondMs + Math.floor(ticks / TICKS_PER_MS), below: ticks % TICKS_PER_MS };
}

function parseUnix(text: string, msPerUnit: number): RecordedTime | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const digits = msPerUnit === 1000 ? 7 : 4;
  const sign = text.startsWith('-') ? -1n : 1n;
  const whole = BigInt(match[1] ?? 0) * BigInt(10 ** digits);
  const ticks = whole + sign * BigInt((match[2] ?? '').slice(0, digits).padEnd(digits, '0'));
  const perMs = BigInt(TICKS_PER_MS);
  const below = ((ticks % perMs) + perMs) % perMs;
  return { timeMs: Number((ticks - below) / perMs), below: Number(below) };
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const [hours, minutes] = [offset.slice(1, 3), offset.slice(-2)].map(Number);
  return (offset.startsWith('-') ? -1 : 1) * ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A wall-clock time of a zone as UTC. An hour that a change of the clocks brings twice counts as the first. */
function zonedMs(wallMs: number, zone: string): number {
  if (zone === 'UTC') return wallMs;
  const before = wallMs - zoneOffsetMs(wallMs - 86_400_000, zone);
  if (before + zoneOffsetMs(before, zone) === wallMs) return before;
  return wallMs - zoneOffsetMs(wallMs + 86_400_000, zone);
}

function zoneOffsetMs(utcMs: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1000) * 1000;
}
