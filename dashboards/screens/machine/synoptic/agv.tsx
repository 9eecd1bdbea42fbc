import type { JSX } from 'preact';
import { Dial, Level, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';
import { Track } from './track.tsx';

export const AGV_TAGS: readonly Tag[] = [
  { end: 'AgvPosition/X', x: 20, y: 252 },
  { end: 'AgvPosition/Y', x: 150, y: 252 },
  { end: 'AgvPosition/Theta', x: 415, y: 150 },
  { end: 'Velocity/Speed', x: 415, y: 200 },
  { end: 'AgvPosition/LocalizationScore', x: 415, y: 250 },
  { end: 'BatteryState/BatteryCharge', x: 545, y: 150 },
  { end: 'BatteryState/BatteryCurrent', x: 545, y: 200 },
  { end: 'Energy/ChargerPower', x: 545, y: 250 },
  { end: 'Order/LoadedPieces', x: 675, y: 150 },
  { end: 'Drives/Left/MotorCurrent', place: 1, x: 675, y: 200 },
  { end: 'Drives/Right/MotorCurrent', place: 1, x: 675, y: 250 },
];

/** Where it went, from above; which way it looks; the vehicle with its battery, its load and the charger's plug. */
export function Agv({ find }: Drawing): JSX.Element {
  return (
    <>
      <Track east={find('AgvPosition/X')} north={find('AgvPosition/Y')} x={20} y={20} w={360} h={220} />
      <Dial signal={find('AgvPosition/Theta')} x={460} y={80} r={46} />
      <path class="vessel" d="M560 60h190v56H560z" />
      <Running signal={find('Order/LoadedPieces')}>
        <path d="M640 16h90v44h-90z" />
      </Running>
      <Level signal={find('BatteryState/BatteryCharge')} x={572} y={68} w={60} h={40} />
      <Running signal={find('BatteryState/Charging')}>
        <path d="M536 78h24v20h-24zM526 82h10v4h-10zM526 90h10v4h-10z" />
      </Running>
      <Running signal={find('Velocity/Speed')}>
        <circle cx={600} cy={122} r={16} />
        <circle cx={712} cy={122} r={16} />
      </Running>
    </>
  );
}
