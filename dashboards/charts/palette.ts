import { signal } from '@preact/signals';

/** Colours of canvases, taken from the style sheet's tokens. */
export interface Palette {
  readonly ink: string;
  readonly ink2: string;
  readonly line: string;
  readonly band: string;
  readonly grid: string;
  readonly panel: string;
  /** Of lines that share a picture, `#rrggbb` each. */
  readonly lines: readonly string[];
}

const LINES = 8;
const NAMES: Readonly<Record<Exclude<keyof Palette, 'lines'>, string>> = {
  ink: '--ink',
  ink2: '--ink2',
  line: '--trace',
  band: '--band',
  grid: '--grid',
  panel: '--panel',
};

export const palette = signal<Palette>({
  ink: '',
  ink2: '',
  line: '',
  band: '',
  grid: '',
  panel: '',
  lines: [],
});

/** After the theme changed, by choice or by the system. */
export function readPalette(): void {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  palette.value = {
    ink: read(NAMES.ink),
    ink2: read(NAMES.ink2),
    line: read(NAMES.line),
    band: read(NAMES.band),
    grid: read(NAMES.grid),
    panel: read(NAMES.panel),
    lines: Array.from({ length: LINES }, (_, i) => read(`--line-${i + 1}`)),
  };
}

/** Pixels of one rem relative to a desk's 16: a wall's larger type needs thicker lines and larger labels. */
export const typeScale = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
