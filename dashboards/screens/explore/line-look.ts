/** How lines are told apart besides their colour, so that a print in grey and every eye can. */
const DASHES: readonly (readonly number[])[] = [[], [], [], [], [8, 3], [8, 3], [2, 3], [2, 3]];

/** Lengths of dashes and spaces of a picture's i-th line, from 0. */
export const dashOf = (i: number): readonly number[] => DASHES[i] ?? [];
