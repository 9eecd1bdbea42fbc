import type { JSX } from 'preact';
import { Level, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

export const COMPRESSOR_TAGS: readonly Tag[] = [
  { end: 'Motor/Speed', x: 40, y: 40 },
  { end: '/AcActivePowerTotal', x: 190, y: 40 },
  { end: '/WindingTemperature', x: 40, y: 220 },
  { end: 'Screw/OutletTemperature', x: 190, y: 220 },
  { end: '/PressureDewPoint', x: 360, y: 220 },
  { end: 'Receiver/Pressure', place: 1, x: 510, y: 250 },
  { end: 'Network/Pressure', place: 1, x: 655, y: 60 },
  { end: 'Network/Flow', x: 655, y: 190 },
];

/** Motor, screw, dryer, receiver, network. */
export function Compressor({ find }: Drawing): JSX.Element {
  return (
    <>
      <path class="pipe" d="M90 150H780" />
      <path class="tick" d="M768 140l14 10-14 10" />
      <Running signal={find('/MotorOn')}>
        <circle cx={85} cy={150} r={40} />
        <path class="mark" d="M69 166v-32l16 20 16-20v32" />
      </Running>
      <Running signal={find('/Loaded')}>
        <path d="M190 105h120v90H190z" />
        <path class="mark" d="M205 130q15-16 30 0t30 0 30 0M205 170q15 16 30 0t30 0 30 0" />
      </Running>
      <Running signal={find('Dryer/On')}>
        <path d="M370 110h80v80h-80z" />
        <path class="mark" d="M385 175l50-50M385 150l25-25M410 175l25-25" />
      </Running>
      <Level signal={find('Receiver/Pressure')} x={520} y={50} w={90} h={190} />
    </>
  );
}
