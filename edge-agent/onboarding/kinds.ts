import { StartError } from '#platform/errors.ts';

/** Kinds of machines that dashboards have a page of their own for; `generic` is every other one. */
export const KINDS = [
  'agv',
  'cnc',
  'compressor',
  'energy-meter',
  'generic',
  'injection-moulding',
  'old-mill',
  'packaging',
  'pump-loop',
  'robot',
  'vision',
] as const;

/** What was most likely meant: the kind that shares the longest beginning of at least two letters, or contains the word. */
function meant(kind: string): string | undefined {
  const word = kind.toLowerCase();
  return (
    KINDS.find((known) => known === word) ??
    KINDS.find((known) => word.length > 2 && (known.includes(word) || word.includes(known))) ??
    KINDS.find((known) => word.length > 3 && known.startsWith(word.slice(0, 4)))
  );
}

/** `--kind` as it was typed. A configuration may have other kinds; a typing mistake must not make one. @throws StartError */
export function kindOf(kind: string | undefined): string | undefined {
  if (kind === undefined || (KINDS as readonly string[]).includes(kind)) return kind;
  const guess = meant(kind);
  throw new StartError(
    'UNKNOWN_KIND',
    `there is no kind "${kind}"${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    `--kind is one of ${KINDS.join(', ')}; generic is for every other machine; without --kind it is read from the type definition`,
  );
}
