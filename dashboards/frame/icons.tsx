import type { JSX } from 'preact';
import type { StateClass } from '../machines/machine-state.ts';

/** Shape of a state, so that it reads without colour: triangle runs, bars pause, cross is down, ring is off. */
export function StateShape({ state }: { readonly state: StateClass }): JSX.Element {
  return (
    <svg class={`shape shape-${state}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

const SHAPES: Readonly<Record<StateClass, JSX.Element>> = {
  run: <path d="M3 1.5v13l11-6.5z" />,
  idle: (
    <g>
      <rect x="2.5" y="2" width="4" height="12" />
      <rect x="9.5" y="2" width="4" height="12" />
    </g>
  ),
  setup: <path d="M8 1l7 7-7 7-7-7z" />,
  down: (
    <path d="M3.6 1.5L8 5.9l4.4-4.4 2.1 2.1L10.1 8l4.4 4.4-2.1 2.1L8 10.1l-4.4 4.4-2.1-2.1L5.9 8 1.5 3.6z" />
  ),
  off: <circle cx="8" cy="8" r="5.5" fill="none" stroke-width="2.5" stroke="currentColor" />,
  unknown: (
    <circle
      cx="8"
      cy="8"
      r="5.5"
      fill="none"
      stroke-width="2"
      stroke="currentColor"
      stroke-dasharray="2.5 2.5"
    />
  ),
};

/** Line drawing of a machine kind, grey; unknown kinds get the general one. */
export function KindIcon({ kind }: { readonly kind: string }): JSX.Element {
  return (
    <svg
      class="kind-icon"
      viewBox="0 0 48 48"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
    >
      {KINDS[kind] ?? KINDS['other']}
    </svg>
  );
}

const KINDS: Readonly<Record<string, JSX.Element>> = {
  cnc: (
    <g>
      <path d="M5 42V8h38v34zM5 16h38" />
      <path d="M20 16v7h8v-7M22 23v5l2 4 2-4v-5" class="fill" />
      <path d="M12 38h24M16 38v-3h16v3" />
      <path d="M34 11.9h5" />
    </g>
  ),
  'pump-loop': (
    <g>
      <circle cx="21" cy="27" r="11" />
      <path d="M21 16h19V8M40 8h-5m5 0h5M10 27H3m0-5v10" />
      <path d="M21 27l-5-6m5 6l8-2m-8 2l-1 8" />
      <circle cx="21" cy="27" r="2.2" class="fill" />
      <path d="M12 42h18M15 36l-3 6m15-6l3 6" />
    </g>
  ),
  compressor: (
    <g>
      <rect x="4" y="25" width="40" height="15" rx="7.5" />
      <path d="M11 40v4m26-4v4" />
      <path d="M9 25v-8h12v8M27 25V13h12v12" />
      <path d="M27 17h12m-12 4h12" />
      <path d="M21 20h6M15 17v-6" />
      <circle cx="15" cy="8.5" r="2.5" class="fill" />
    </g>
  ),
  robot: (
    <g>
      <path d="M10 43h18M14 43v-7h10v7M19 36l-4-14 16-10 8 8" />
      <circle cx="15" cy="22" r="3" class="fill" />
      <circle cx="31" cy="12" r="3" class="fill" />
      <path d="M36 22l5-4 3 4m-8 0l1 5" />
    </g>
  ),
  packaging: (
    <g>
      <path d="M5 40h38M9 40v-4m30 4v-4" />
      <path d="M14 35V19h20v16zM14 19l5-6h10l5 6M24 13v9" />
      <circle cx="10" cy="38" r="1.6" class="fill" />
      <circle cx="38" cy="38" r="1.6" class="fill" />
    </g>
  ),
  'injection-moulding': (
    <g>
      <path d="M4 40h40M6 40V22h14v18M20 28h14v6H20M34 31h8" />
      <path d="M10 22v-8M16 22v-8M27 28v-6l-4-10h12l-4 10v6" />
      <path d="M11 27v8h4v-8z" class="fill" />
    </g>
  ),
  vision: (
    <g>
      <path d="M18 6h12v8H18zM21 14l-4 4h14l-4-4" class="fill" />
      <path d="M17 18L9 36m22-18l8 18M5 40h38" />
      <rect x="18" y="31" width="12" height="9" />
    </g>
  ),
  agv: (
    <g>
      <rect x="6" y="24" width="36" height="12" rx="3" />
      <circle cx="14" cy="38" r="4" />
      <circle cx="34" cy="38" r="4" />
      <path d="M12 24V13h20v11M38 24v-6" />
      <circle cx="38" cy="15" r="2.5" class="fill" />
    </g>
  ),
  'energy-meter': (
    <g>
      <rect x="10" y="5" width="28" height="38" rx="3" />
      <path d="M15 12h18v9H15z" />
      <path d="M26 25l-6 8h8l-6 7" />
    </g>
  ),
  'old-mill': (
    <g>
      <path d="M8 43h26M12 43V8h10v35M22 12h14v8H22" />
      <path d="M30 20v8M24 33h20v5H24" />
      <circle cx="17" cy="16" r="3" class="fill" />
    </g>
  ),
  other: (
    <g>
      <rect x="6" y="12" width="36" height="26" />
      <path d="M6 20h36M12 16h6M12 44v-6m24 6v-6" />
      <circle cx="24" cy="29" r="5" />
    </g>
  ),
};
