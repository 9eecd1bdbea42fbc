import type { JSX } from 'preact';
import { Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

export const OLD_MILL_TAGS: readonly Tag[] = [
  { end: '/DQ_LampGreen', x: 128, y: 2 },
  { end: '/DQ_LampRed', x: 256, y: 2 },
  { end: '/MW_SpindleRpm', x: 400, y: 20 },
  { end: '/AI_SpindleCurrent', x: 400, y: 70 },
  { end: '/AI_FeedCurrent', x: 400, y: 120 },
  { end: '/AI_VibrationRMS', x: 530, y: 20 },
  { end: '/AI_BearingTemp', x: 530, y: 70 },
  { end: '/AI_GearOilTemp', x: 530, y: 120 },
  { end: '/AI_ActivePower', x: 660, y: 20 },
  { end: '/MD_PartCounter', x: 660, y: 70 },
  { end: '/MD_ScrapCounter', x: 660, y: 120 },
  { end: '/DI_CoolantOn', x: 400, y: 200 },
  { end: '/DI_DoorSwitch', x: 530, y: 200 },
  { end: '/MD_HoursRun', x: 660, y: 200 },
];

/** Column, head with the spindle, knee and table; the coolant's nozzle; the lamps at the cabinet. */
export function OldMill({ find }: Drawing): JSX.Element {
  return (
    <>
      <path class="vessel" d="M60 50h80v214H60zM40 264h280v16H40z" />
      <path class="vessel" d="M140 206h70v58h-70zM136 188h190v18H136z" />
      <path class="vessel" d="M214 166h60v22h-60z" />
      <path class="vessel" d="M140 46h140v52H140z" />
      <Running signal={find('/DI_SpindleOn')}>
        <path d="M226 98h36v30h-36zM236 128h16v30h-16z" />
        <path class="mark" d="M237 136l14 6M237 147l14 6" />
      </Running>
      <path class="tick" d="M140 140h26l24 26" />
      <Running signal={find('/DI_CoolantOn')}>
        <path d="M184 160l14 14-10 8-12-14z" />
      </Running>
      <path class="tick" d="M100 50V36" />
      <Running signal={find('/DQ_LampGreen')}>
        <path d="M88 22h24v14H88z" />
      </Running>
      <Running signal={find('/DQ_LampRed')}>
        <path d="M88 8h24v14H88z" />
      </Running>
    </>
  );
}
