/**
 * The PackML state model as a picture: places in a grid and the ways between them (ISA-TR88.00.02; OPC 30050, 5.2). Ways to Stopping
 * and Aborting start everywhere and are told in words.
 */
export const PACKML_COLUMNS = 5;
export const PACKML_ROWS = 5;

export const PACKML_PLACES = {
  Unholding: [1, 0], Held: [2, 0], Holding: [3, 0],
  Idle: [0, 1], Starting: [1, 1], Execute: [2, 1], Completing: [3, 1], Complete: [4, 1],
  Unsuspending: [1, 2], Suspended: [2, 2], Suspending: [3, 2],
  Resetting: [0, 3], Stopped: [1, 3], Stopping: [2, 3],
  Clearing: [1, 4], Aborted: [2, 4], Aborting: [3, 4],
} as const satisfies Record<string, readonly [column: number, row: number]>; // prettier-ignore
export type PackMlState = keyof typeof PACKML_PLACES;
export const PACKML_STATES = Object.keys(PACKML_PLACES) as readonly PackMlState[];

export const PACKML_WAYS: readonly (readonly [from: PackMlState, to: PackMlState])[] = [
  ['Idle', 'Starting'], ['Starting', 'Execute'], ['Execute', 'Completing'], ['Completing', 'Complete'],
  ['Execute', 'Holding'], ['Holding', 'Held'], ['Held', 'Unholding'], ['Unholding', 'Execute'],
  ['Execute', 'Suspending'], ['Suspending', 'Suspended'], ['Suspended', 'Unsuspending'], ['Unsuspending', 'Execute'],
  ['Stopping', 'Stopped'], ['Stopped', 'Resetting'], ['Resetting', 'Idle'],
  ['Aborting', 'Aborted'], ['Aborted', 'Clearing'], ['Clearing', 'Stopped'],
]; // prettier-ignore

/** States that a machine is in while it does something, and leaves by itself; the others wait for a command. */
export const isActing = (state: PackMlState): boolean => state === 'Execute' || state.endsWith('ing');

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly w: number;
  readonly h: number;
}

/** Where the line from the middle of `from` to the middle of `to` meets the edge of the box around `to`. */
export function edgeOf(from: Point, to: Point, { w, h }: Size): Point {
  const dx = from.x - to.x;
  const dy = from.y - to.y;
  const share = Math.min(
    dx === 0 ? Infinity : w / 2 / Math.abs(dx),
    dy === 0 ? Infinity : h / 2 / Math.abs(dy),
    1,
  );
  return { x: to.x + dx * share, y: to.y + dy * share };
}
