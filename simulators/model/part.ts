/** A piece on its way through the plant. What a machine did to it travels with it. */
export interface Part {
  readonly serial: number;
  /** Work order that it was released for: `WO-0012`. */
  readonly order: string;
  readonly article: string;
  /** What is wrong with it, whether or not anybody has seen it yet; '' = nothing. */
  readonly defect: Defect;
  /** How far its size is off the drawing, mm: of the machine's heat, its tools, its pressure. */
  readonly sizeMm: number;
}

export const DEFECTS = ['rough', 'size', 'short-shot', 'flash', 'scratch', 'weak-head'] as const;
export type Defect = '' | (typeof DEFECTS)[number];

/**
 * A machine's places of material. What is given during a step can be taken by others in the next one, so that
 * the order of the machines does not matter. Ports count from 0 in the order of the plant file.
 */
export interface MaterialPorts {
  /** Pieces that wait at an input. */
  waiting(input: number): number;
  /** The piece that `take` would give. */
  peek(input: number): Part | undefined;
  take(input: number): Part | undefined;
  /** Pieces that an output still takes. */
  room(output: number): number;
  give(output: number, part: Part): void;
  /** The piece leaves the plant as scrap. */
  scrap(part: Part): void;
}
