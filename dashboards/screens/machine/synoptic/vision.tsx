import type { JSX } from 'preact';
import { Level, Moved, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

export const VISION_TAGS: readonly Tag[] = [
  { end: 'Camera/ExposureTime', x: 30, y: 20 },
  { end: 'Camera/Sharpness', x: 30, y: 68 },
  { end: 'Lighting/Brightness', x: 30, y: 140 },
  { end: 'Lighting/Current', place: 1, x: 30, y: 188 },
  { end: 'ResultManagement/LastScore', x: 530, y: 20 },
  { end: 'ResultManagement/ScoreLimit', x: 530, y: 68 },
  { end: 'Processor/InferenceTime', x: 530, y: 140 },
  { end: 'ResultManagement/Inspected', x: 660, y: 20 },
  { end: 'ResultManagement/Accepted', x: 660, y: 68 },
  { end: 'ResultManagement/Rejected', x: 660, y: 116 },
  { end: 'Processor/Load', place: 1, x: 660, y: 188 },
];
const PER_CENT = { low: 0, high: 100 } as const;
const SCORE = { x: 480, y: 30, w: 26, h: 220 } as const;

/** Camera and lamp over the belt, the part that was looked at, its score beside the least that is good. */
export function Vision({ find }: Drawing): JSX.Element {
  const { x, y, w, h } = SCORE;
  return (
    <>
      <path class="tick" d="M300 96L240 226M340 96l60 130" />
      <g class="part">
        <path d="M280 20h80v52h-80zM298 72h44l10 24h-64z" />
      </g>
      <Running signal={find('Lighting/Current')}>
        <path d="M205 96l52 26-14 28-52-26z" />
        <path class="mark" d="M218 112l26 13" />
      </Running>
      <path class="pipe" d="M190 254H450" />
      <Running signal={find('ResultManagement/LastResult')}>
        <path d="M282 196h76v52h-76z" />
        <path class="mark" d="M302 220l14 14 24-28" />
      </Running>
      <Level signal={find('ResultManagement/LastScore')} range={PER_CENT} x={x} y={y} w={w} h={h} />
      <Moved signal={find('ResultManagement/ScoreLimit')} dy={-h}>
        <path class="pointer" d={`M${x - 6} ${y + h}h${w + 12}`} />
      </Moved>
      <path class="vessel" d="M530 196h110v52H530z" />
      <path class="tick" d="M548 196v-10M566 196v-10M584 196v-10M602 196v-10M620 196v-10" />
      <Level signal={find('Processor/Load')} x={538} y={204} w={94} h={36} />
    </>
  );
}
