import { isIdSegment, ID_SEGMENT_RULE } from '#domain/asset-path.ts';
import { StartError } from '#platform/errors.ts';

/** Kinds of machines that dashboards have a page of their own for; `generic` is one without a name for what it is. */
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

/** Whether dashboards have a page of its own for it; every other kind gets the general page. */
export const hasOwnPage = (kind: string): boolean => (KINDS as readonly string[]).includes(kind);

/** `--kind` as it was typed: one that is known, or a word of one's own that resembles none of them. @throws StartError */
export function kindOf(kind: string | undefined): string | undefined {
  if (kind === undefined || hasOwnPage(kind)) return kind;
  const guess = meant(kind);
  if (guess === undefined && isIdSegment(kind)) return kind;
  throw new StartError(
    'UNKNOWN_KIND',
    `there is no kind "${kind}"${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    `--kind is one of ${KINDS.join(', ')}, or a word of your own that resembles none of them (${ID_SEGMENT_RULE}); without --kind it is read from the type definition`,
  );
}
