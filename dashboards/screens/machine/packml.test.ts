import { describe, expect, it } from 'vitest';
import { PACKML_PLACES, PACKML_STATES, PACKML_WAYS, edgeOf, isActing } from './packml.ts';

describe('the PackML picture', () => {
  it('has the seventeen states of the model, each at a place of its own', () => {
    expect(PACKML_STATES).toHaveLength(17);
    expect(new Set(Object.values(PACKML_PLACES).map(String)).size).toBe(17);
    expect(PACKML_STATES.filter((state) => !isActing(state)).toSorted()).toEqual(
      ['Aborted', 'Complete', 'Held', 'Idle', 'Stopped', 'Suspended'],
    ); // prettier-ignore
  });

  it('leads from every state on, and to every state but those reached from everywhere', () => {
    const from = new Set(PACKML_WAYS.map(([state]) => state));
    const to = new Set(PACKML_WAYS.map(([, state]) => state));
    expect(PACKML_STATES.filter((state) => !from.has(state))).toEqual(['Complete']);
    expect(PACKML_STATES.filter((state) => !to.has(state)).toSorted()).toEqual(['Aborting', 'Stopping']);
  });

  it('lets a line end at the edge of its box', () => {
    expect(edgeOf({ x: 0, y: 50 }, { x: 100, y: 50 }, { w: 40, h: 20 })).toEqual({ x: 80, y: 50 });
    expect(edgeOf({ x: 0, y: 0 }, { x: 100, y: 100 }, { w: 40, h: 20 })).toEqual({ x: 90, y: 90 });
  });
});
