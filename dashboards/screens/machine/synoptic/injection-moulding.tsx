import type { JSX } from 'preact';
import { Level, Moved, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

const ZONES = [1, 2, 3, 4] as const;
const zoneOf = (zone: number): string =>
  `InjectionUnit_1/TemperatureZones/TemperatureZone_${zone}/ActualTemperature`;
const ZONE_WIDTH = 62;
const BARREL = { x: 370, y: 130, h: 50 } as const;

export const MOULDING_TAGS: readonly Tag[] = [
  { end: '/ClampForce', x: 30, y: 20 },
  { end: '/ClampStroke', x: 30, y: 240 },
  { end: 'Mould_1/TemperatureZones/TemperatureZone_1/ActualTemperature', place: 3, x: 190, y: 240 },
  { end: '/MaterialPressure', x: 370, y: 20 },
  { end: '/MeltTemperature', x: 370, y: 240 },
  { end: '/ScrewStroke', x: 520, y: 240 },
  { end: '/ScrewSpeed', x: 655, y: 240 },
  { end: 'Hopper/Level', place: 1, x: 655, y: 20 },
];

/** Clamp with the moving platen, barrel with its heated zones and the screw, hopper. */
export function InjectionMoulding({ find }: Drawing): JSX.Element {
  return (
    <>
      <path class="pipe" d="M60 100H340M60 210H340" />
      <path class="vessel" d="M40 80h24v150H40zM316 80h24v150h-24z" />
      <Moved signal={find('/ClampStroke')} dx={-110}>
        <g class="part">
          <path d="M254 85h24v140h-24zM278 115h38v80h-38z" />
        </g>
        <path class="tick" d="M164 155h90" />
      </Moved>
      <Running signal={find('PowerUnit_1/MotorOn')}>
        <path d="M340 145h30v20h-30z" />
      </Running>
      {ZONES.map((zone, i) => (
        <Level
          key={zone}
          signal={find(zoneOf(zone))}
          x={BARREL.x + i * ZONE_WIDTH}
          y={BARREL.y}
          w={ZONE_WIDTH - 4}
          h={BARREL.h}
        />
      ))}
      <Moved signal={find('/ScrewStroke')} dx={60}>
        <path class="pointer" d="M372 155H700M700 140v30" />
      </Moved>
      <path class="vessel" d="M575 130l-20-30V40h80v60l-20 30z" />
      <Level signal={find('Hopper/Level')} x={557} y={42} w={76} h={56} />
    </>
  );
}
