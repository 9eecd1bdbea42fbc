import { describe, expect, it } from 'vitest';
import type { AlarmView, EventView } from '../../api/model.ts';
import { alarmFigures } from './alarm-figures.ts';

const NOW = Date.parse('2026-01-05T12:00:00Z');
const event = (agoS: number, alarm: string, state: EventView['state'] = 'active'): EventView => ({
  id: `${alarm}-${agoS}-${state}`,
  time: new Date(NOW - agoS * 1_000).toISOString(),
  type: 'condition',
  agent: 'brest/edge-1',
  alarm,
  state,
});
const figures = (events: readonly EventView[], standing: readonly AlarmView[] = []) =>
  alarmFigures(
    events.toSorted((a, b) => (a.time < b.time ? 1 : -1)),
    standing,
    NOW,
  );

describe('what the alarms ask of a person', () => {
  it('counts what became active, not what was acknowledged, told again or over', () => {
    const events = [
      event(1_200, 'a'),
      event(300, 'b'),
      event(200, 'b', 'acknowledged'),
      event(100, 'b', 'over'),
      event(50, 'b'),
      event(40, 'b'),
      { ...event(30, 'c'), found: 'refreshed' as const },
    ];
    expect(figures(events)).toMatchObject({ lately: 2, all: 3, isFlood: false, chattering: 0 });
    expect(figures(events).top).toMatchObject({ event: { alarm: 'b' }, times: 2 });
    expect(figures([])).toMatchObject({ lately: 0, all: 0, top: undefined });
  });

  it('a flood begins with the eleventh in ten minutes and ends with fewer than five', () => {
    const burst = (n: number, fromS: number): EventView[] =>
      Array.from({ length: n }, (_, i) => event(fromS - i, `${fromS}-${i}`));
    expect(figures(burst(10, 500)).isFlood).toBe(false);
    expect(figures(burst(11, 500)).isFlood).toBe(true);
    expect(figures([...burst(11, 650), ...burst(5, 300)]).isFlood).toBe(true);
    expect(figures([...burst(11, 650), ...burst(4, 300)]).isFlood).toBe(false);
  });

  it('an alarm that comes three times in a minute chatters; one of a day and more is stale', () => {
    const come = (agoS: number, alarm: string): EventView[] => [
      event(agoS, alarm),
      event(agoS - 5, alarm, 'over'),
    ];
    const thrice = [...come(100, 'a'), ...come(80, 'a'), ...come(40, 'a')];
    expect(figures(thrice).chattering).toBe(1);
    expect(figures([...come(200, 'a'), ...come(80, 'a'), ...come(40, 'a')]).chattering).toBe(0);
    const stands = (state: AlarmView['state'], hours: number): AlarmView =>
      ({ state, active: true, since: new Date(NOW - hours * 3_600_000).toISOString() }) as AlarmView;
    expect(figures([], [stands('active', 25), stands('shelved', 1)])).toMatchObject({ stale: 1, shelved: 1 });
  });
});
