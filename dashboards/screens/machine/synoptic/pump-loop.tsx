import type { JSX } from 'preact';
import { Level, Moved, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

export const PUMP_TAGS: readonly Tag[] = [
  { end: '/TankLevel', x: 160, y: 96 },
  { end: '/FluidTemperature', x: 160, y: 146 },
  { end: '/InletPressure', x: 160, y: 254 },
  { end: '/PumpPowerInput', x: 330, y: 96 },
  { end: '/Measurements/Speed', x: 330, y: 146 },
  { end: '/BearingTemperature', x: 330, y: 254 },
  { end: '/OutletPressure', x: 500, y: 254 },
  { end: '/OutletValvePosition', x: 500, y: 96 },
  { end: '/VolumeFlowRate', x: 655, y: 146 },
];

/** Tank, pump, flow meter and valve in a ring. */
export function PumpLoop({ find }: Drawing): JSX.Element {
  return (
    <>
      <path class="pipe" d="M130 220H625V50H85V80" />
      <Level signal={find('/TankLevel')} x={40} y={80} w={100} h={160} />
      <Running signal={find('/PumpOn')}>
        <circle cx={360} cy={220} r={26} />
        <path class="mark" d="M348 204v32l30-16z" />
      </Running>
      <circle class="vessel" cx={625} cy={150} r={20} />
      <path class="tick" d="M611 164l28-28M627 136h12v12" />
      <g class="part">
        <path d="M470 32v36l60-36v36z" />
        <path class="tick" d="M500 50V26" />
        <path class="vessel" d="M450 14h100v8H450z" />
        <Moved signal={find('/OutletValvePosition')} dx={96}>
          <path class="pointer-mark" d="M450 10h4v16h-4z" />
        </Moved>
      </g>
    </>
  );
}
