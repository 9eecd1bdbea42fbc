import type { MillingCut } from './cutting.ts';

export interface Tool {
  readonly number: number;
  readonly name: string;
  readonly diameterMm: number;
  readonly teeth: number;
  /** Taylor exponent n and constant C (m/min), carbide on steel. */
  readonly taylorExponent: number;
  readonly taylorConstant: number;
}

export interface Operation extends MillingCut {
  readonly name: string;
  readonly tool: number;
  readonly rpm: number;
  readonly durationS: number;
}

export interface Programme {
  readonly name: string;
  readonly article: string;
  readonly sharpRoughnessUm: number;
  readonly operations: readonly Operation[];
}

export const TOOLS: readonly Tool[] = [
  {
    number: 1,
    name: 'Face mill D80 Z6',
    diameterMm: 80,
    teeth: 6,
    taylorExponent: 0.25,
    taylorConstant: 560,
  },
  { number: 4, name: 'End mill D20 Z4', diameterMm: 20, teeth: 4, taylorExponent: 0.25, taylorConstant: 420 },
  { number: 7, name: 'Drill D8.5', diameterMm: 8.5, teeth: 2, taylorExponent: 0.22, taylorConstant: 260 },
  { number: 9, name: 'Finisher D12 Z5', diameterMm: 12, teeth: 5, taylorExponent: 0.28, taylorConstant: 640 },
];

const STEEL = 1800;

export const PROGRAMMES: readonly Programme[] = [
  {
    name: 'O1204_HOUSING_OP10',
    article: 'PH-1204',
    sharpRoughnessUm: 0.82,
    operations: [
      operation('Facing', 1, 1150, { depthMm: 2, widthMm: 62, feedMmPerMin: 690, durationS: 34 }),
      operation('Pocket roughing', 4, 3200, { depthMm: 8, widthMm: 8, feedMmPerMin: 1150, durationS: 62 }),
      operation('Drilling 12x', 7, 2900, { depthMm: 4, widthMm: 8.5, feedMmPerMin: 520, durationS: 38 }),
      operation('Finishing', 9, 5600, { depthMm: 0.4, widthMm: 6, feedMmPerMin: 2200, durationS: 44 }),
    ],
  },
  {
    name: 'O1310_FLANGE_OP20',
    article: 'PF-1310',
    sharpRoughnessUm: 0.7,
    operations: [
      operation('Facing', 1, 1150, { depthMm: 1.5, widthMm: 70, feedMmPerMin: 620, durationS: 28 }),
      operation('Contour', 4, 3400, { depthMm: 5, widthMm: 4, feedMmPerMin: 1400, durationS: 48 }),
      operation('Finishing', 9, 6000, { depthMm: 0.3, widthMm: 6, feedMmPerMin: 2100, durationS: 52 }),
    ],
  },
];

interface OperationCut {
  readonly depthMm: number;
  readonly widthMm: number;
  readonly feedMmPerMin: number;
  readonly durationS: number;
}

function operation(name: string, tool: number, rpm: number, cut: OperationCut): Operation {
  return { name, tool, rpm, specificForce: STEEL, ...cut };
}

/** The programme of an article; one that is not known here runs the first. */
export function programmeOf(article: string): Programme {
  const known = PROGRAMMES.find((each) => each.article === article);
  return known ?? PROGRAMMES[article.startsWith('B') ? 1 : 0]!;
}
