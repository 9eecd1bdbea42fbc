import { expect, test } from 'vitest';
import { commanded, PackMl, PACKML_STATES } from './packml.ts';

test('there are 17 states, and each can be reached', () => {
  expect(PACKML_STATES).toHaveLength(17);
  const unit = new PackMl();
  const seen = new Set<string>();
  const wait = (seconds: number): void => {
    for (let i = 0; i < seconds * 10; i += 1) {
      seen.add(unit.state);
      unit.step(0.1);
    }
  };
  const go = (...commands: Parameters<PackMl['command']>[0][]): void => {
    for (const command of commands) {
      expect(unit.command(command), `${command} from ${unit.state}`).toBe(true);
      wait(8);
    }
  };
  go('reset', 'start', 'suspend', 'unsuspend', 'hold', 'unhold');
  unit.complete();
  wait(8);
  go('reset', 'start', 'stop', 'reset', 'abort', 'clear');
  expect([...seen].toSorted()).toEqual([...PACKML_STATES].toSorted());
  const total = Object.values(unit.cumulativeS).reduce((sum, each) => sum + each, 0);
  expect(total).toBeCloseTo(13 * 8, 6);
});

test('commands that the model does not know in a state change nothing', () => {
  const unit = new PackMl();
  expect(unit.command('start')).toBe(false);
  expect(unit.state).toBe('Stopped');
  expect(commanded('Aborted', 'stop')).toBeUndefined();
  expect(commanded('Execute', 'abort')).toBe('Aborting');
  expect(commanded('Aborting', 'abort')).toBeUndefined();
});
