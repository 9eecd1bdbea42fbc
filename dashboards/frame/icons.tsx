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
  other: (
    <g>
      <rect x="6" y="12" width="36" height="26" />
      <path d="M6 20h36M12 16h6M12 44v-6m24 6v-6" />
      <circle cx="24" cy="29" r="5" />
    </g>
  ),
};
