import type { JSX } from 'preact';
import { severityOf } from '../../../services/shared/domain/status-code.ts';
import type { SignalInfo } from '../../api/model.ts';
import { useReading } from '../../app/core-context.ts';
import { stateWord, t } from '../../i18n/i18n.ts';
import { setAttribute } from '../../live-core/binders.ts';
import {
  PACKML_COLUMNS,
  PACKML_PLACES,
  PACKML_ROWS,
  PACKML_STATES,
  PACKML_WAYS,
  edgeOf,
  isActing,
} from './packml.ts';
import type { PackMlState, Point } from './packml.ts';
import './packml.css';

const CELL = { w: 200, h: 76 } as const;
const BOX = { w: 156, h: 46 } as const;

const middleOf = (state: PackMlState): Point => {
  const [column, row] = PACKML_PLACES[state];
  return { x: (column + 0.5) * CELL.w, y: (row + 0.5) * CELL.h };
};

/** The state machine of a PackML unit with the state it is in now; an attribute moves, no component runs. */
export function PackMlDiagram({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const ref = useReading<SVGSVGElement>(signal.id, (svg, { value, statusCode }) => {
    const raw = signal.enumNames?.[String(value)]?.en ?? String(value ?? '');
    const current = severityOf(statusCode) === 'bad' ? '' : raw.replaceAll(/[\s_-]/g, '');
    for (const group of svg.querySelectorAll('g[data-packml]'))
      setAttribute(group, 'data-current', group.getAttribute('data-packml') === current ? '' : undefined);
  });
  return (
    <section class="panel packml" aria-label={t('machine.packml')}>
      <h2>{t('machine.packml')}</h2>
      <svg
        ref={ref}
        viewBox={`0 0 ${PACKML_COLUMNS * CELL.w} ${PACKML_ROWS * CELL.h}`}
        role="img"
        aria-label={t('machine.packml')}
      >
        <defs>
          <marker
            id="packml-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0l8 4-8 4z" />
          </marker>
        </defs>
        {PACKML_WAYS.map(([from, to]) => (
          <Way key={`${from} ${to}`} from={middleOf(from)} to={middleOf(to)} />
        ))}
        {PACKML_STATES.map((state) => (
          <State key={state} state={state} />
        ))}
      </svg>
      <p class="note">{t('machine.packmlAny')}</p>
    </section>
  );
}

function Way({ from, to }: { readonly from: Point; readonly to: Point }): JSX.Element {
  const begin = edgeOf(to, from, BOX);
  const end = edgeOf(from, to, BOX);
  return <path class="way" d={`M${begin.x} ${begin.y}L${end.x} ${end.y}`} marker-end="url(#packml-arrow)" />;
}

function State({ state }: { readonly state: PackMlState }): JSX.Element {
  const { x, y } = middleOf(state);
  const acting = isActing(state);
  return (
    <g data-packml={state} data-acting={acting ? '' : undefined}>
      <rect x={x - BOX.w / 2} y={y - BOX.h / 2} width={BOX.w} height={BOX.h} rx={acting ? 22 : 4} />
      <StateText x={x} y={y} text={stateWord(state)} />
    </g>
  );
}

const LONG = 15;

/** Two lines where one would not fit: words of four languages in one box. */
function StateText({ x, y, text }: Point & { readonly text: string }): JSX.Element {
  const space = text.length > LONG ? text.indexOf(' ', Math.floor(text.length / 3)) : -1;
  const lines = space < 0 ? [text] : [text.slice(0, space), text.slice(space + 1)];
  return (
    <text x={x} y={y} text-anchor="middle">
      {lines.map((line, i) => (
        <tspan key={line} x={x} dy={i === 0 ? `${lines.length === 1 ? 0.36 : -0.2}em` : '1.08em'}>
          {line}
        </tspan>
      ))}
    </text>
  );
}
