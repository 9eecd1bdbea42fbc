/** Kinds of machines that have a drawing. */
const DRAWN_KINDS = [
  'pump-loop',
  'compressor',
  'cnc',
  'robot',
  'injection-moulding',
  'agv',
  'vision',
  'energy-meter',
  'old-mill',
] as const;
export type DrawnKind = (typeof DRAWN_KINDS)[number];

export const drawnKind = (kind: string): DrawnKind | undefined => DRAWN_KINDS.find((known) => known === kind);
