import type { JSX } from 'preact';
import type { SignalInfo } from '../../api/model.ts';
import { useReading } from '../../app/core-context.ts';
import { linkTo } from '../../app/router.ts';
import { KindIcon } from '../../frame/icons.tsx';
import { StateMark, useStale } from '../../frame/machine-marks.tsx';
import { Value } from '../../frame/value.tsx';
import { localized, t, word } from '../../i18n/i18n.ts';
import { setAttribute } from '../../live-core/binders.ts';
import { feederPx, floorPlan } from './floor-plan.ts';
import type { Box } from './floor-plan.ts';
import { troubleOf } from './machine-troubles.ts';
import type { Standing, WallMachine } from './machine-troubles.ts';

export interface FloorPlanProps {
  readonly machines: readonly WallMachine[];
  readonly standings: readonly Standing[];
  readonly aspect: number;
}

const place = ({ x, y, w, h }: Box): string =>
  `--x:${x.toFixed(3)}%;--y:${y.toFixed(3)}%;--w:${w.toFixed(3)}%;--h:${h.toFixed(3)}%`;

/** Walls and footprints as a drawing, what changes as text above it. On a phone the same machines as a list, worst first. */
export function FloorPlan({ machines, standings, aspect }: FloorPlanProps): JSX.Element {
  const rooms = floorPlan(
    machines.map(({ machine }) => machine),
    aspect,
  );
  return (
    <>
      <svg class="plan-drawing" viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">
        {rooms.map((room) => (
          <g key={room.area}>
            <rect class="room" x={room.x * 10} y={room.y * 10} width={room.w * 10} height={room.h * 10} />
            {room.machines.map(({ machine, ...box }) => (
              <Footprint key={machine.id} provenance={machine.provenance} box={box} />
            ))}
            {room.machines.map(({ machine, ...box }) => (
              <Feeder
                key={machine.id}
                power={machines.find((each) => each.machine === machine)?.power}
                box={box}
              />
            ))}
          </g>
        ))}
      </svg>
      {rooms.map((room) => (
        <h2 class="room-name" key={room.area} style={place(room)}>
          {word(room.area)}
        </h2>
      ))}
      {rooms.flatMap((room) =>
        room.machines.map(({ machine, ...box }) => {
          const own = machines.find((each) => each.machine === machine);
          const standing = standings.find(({ id }) => id === machine.id);
          return own && <Machine key={machine.id} own={own} standing={standing} box={box} />;
        }),
      )}
    </>
  );
}

/** A machine leaves a way around it. */
const within = ({ x, y, w, h }: Box): Box => ({
  x: x + w * 0.035,
  y: y + h * 0.03,
  w: w * 0.93,
  h: h * 0.92,
});

function Footprint({ provenance, box }: { readonly provenance: string; readonly box: Box }): JSX.Element {
  const { x, y, w, h } = within(box);
  return (
    <rect
      class="footprint"
      data-provenance={provenance}
      x={x * 10}
      y={y * 10}
      width={w * 10}
      height={h * 10}
    />
  );
}

interface FeederProps {
  readonly power: SignalInfo | undefined;
  readonly box: Box;
}

/** From the wall of the room to the machine: the more power, the wider. */
function Feeder({ power, box }: FeederProps): JSX.Element | null {
  const ref = useReading<SVGLineElement>(power?.id, (line, { value }) => {
    const px = feederPx(value, power?.unit?.symbol);
    setAttribute(line, 'stroke-width', px === undefined ? undefined : px.toFixed(1));
  });
  if (!power) return null;
  const own = within(box);
  const x = (own.x + own.w / 2) * 10;
  return <line ref={ref} class="feeder" x1={x} x2={x} y1={(own.y + own.h) * 10} y2={(box.y + box.h) * 10} />;
}

interface MachineProps {
  readonly own: WallMachine;
  readonly standing: Standing | undefined;
  readonly box: Box;
}

function Machine({ own: { machine, state, power, good, job }, standing, box }: MachineProps): JSX.Element {
  const stale = useStale(machine.id);
  const [site = '', id = ''] = machine.id.split('/');
  return (
    <article
      class="wall-machine"
      data-machine={machine.id}
      data-stale={stale ? '' : undefined}
      data-standing={standing?.class}
      style={`${place(within(box))};order:${standing ? troubleOf(standing) : 9}`}
    >
      <h3>
        <a href={linkTo({ screen: 'machine', machine: `${site}/${id}` })}>{localized(machine.name)}</a>
      </h3>
      <div class="wall-lamp">
        <span class="lamp" data-standing={standing?.class} aria-hidden="true">
          {t(`lamp.${standing?.class ?? 'unknown'}`)}
        </span>
        {stale ? <span class="state-mark">{t('machineLink.silent')}</span> : <StateMark signal={state} />}
      </div>
      <span class="wall-icon">
        <KindIcon kind={machine.kind} />
      </span>
      <dl>
        {power && (
          <div>
            <dt>{t('wall.power')}</dt>
            <dd>
              <Value signal={power} />
            </dd>
          </div>
        )}
        {good && (
          <div>
            <dt>{t('wall.good')}</dt>
            <dd>
              <Value signal={good} />
            </dd>
          </div>
        )}
        {job && (
          <div class="wall-job">
            <dt>{t('wall.job')}</dt>
            <dd>
              <Value signal={job} />
            </dd>
          </div>
        )}
      </dl>
    </article>
  );
}
