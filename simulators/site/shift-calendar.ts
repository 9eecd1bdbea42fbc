import type { Calendar } from '#contracts/config/plant.ts';
import type { ShiftPhase } from '../model/machine-model.ts';

const MINUTES_PER_DAY = 1440;

/** Shifts and breaks of a day, repeated every day, in the plant's own time. A shift may run past midnight. */
export class ShiftCalendar {
  private readonly phases: ShiftPhase[] = [];
  private readonly offsetMs: number;

  constructor(calendar: Calendar) {
    this.offsetMs = calendar.utcOffsetHours * 3_600_000;
    for (let i = 0; i < MINUTES_PER_DAY; i += 1) this.phases.push('off');
    for (const { from, to } of calendar.shifts) this.paint(from, minutesBetween(from, to), 'working');
    for (const { from, minutes } of calendar.breaks) this.paint(from, minutes, 'break');
  }

  /** @param timeMs since 1970, UTC. */
  phaseAt(timeMs: number): ShiftPhase {
    return this.phases[Math.floor((timeMs + this.offsetMs) / 60_000) % MINUTES_PER_DAY] ?? 'off';
  }

  private paint(from: string, minutes: number, phase: ShiftPhase): void {
    const first = minuteOfDay(from);
    for (let i = 0; i < minutes; i += 1) this.phases[(first + i) % MINUTES_PER_DAY] = phase;
  }
}

function minuteOfDay(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** The same time twice is a whole day. */
function minutesBetween(from: string, to: string): number {
  const difference = minuteOfDay(to) - minuteOfDay(from);
  return difference > 0 ? difference : difference + MINUTES_PER_DAY;
}
