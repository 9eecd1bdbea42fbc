import type { JSX } from 'preact';
import { Level, Moved, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

export const CNC_TAGS: readonly Tag[] = [
  { end: 'AxisX/Position', place: 1, x: 30, y: 256 },
  { end: 'AxisY/Position', place: 1, x: 175, y: 256 },
  { end: 'AxisZ/Position', place: 1, x: 330, y: 256 },
  { end: 'Spindle1/Speed', x: 530, y: 20 },
  { end: 'Spindle1/Load', x: 530, y: 68 },
  { end: 'Spindle1/Temperature', x: 530, y: 116 },
  { end: 'Channel1/FeedRate', x: 660, y: 20 },
  { end: 'ActiveTool/Wear', x: 660, y: 68 },
  { end: 'ActiveProgram/Progress', x: 660, y: 116 },
  { end: 'Coolant/Level', place: 1, x: 660, y: 200 },
];

const TABLE = { x: 30, y: 30, w: 300, h: 200 } as const;

/** The table from above with the spindle's place, its height beside it, spindle and coolant. */
export function MachiningCentre({ find }: Drawing): JSX.Element {
  const { x, y, w, h } = TABLE;
  return (
    <>
      <rect class="vessel" x={x} y={y} width={w} height={h} />
      <path class="tick" d={`M${x} ${y + h / 2}h${w}M${x + w / 2} ${y}v${h}`} />
      <Moved signal={find('AxisX/Position')} dx={w}>
        <path class="pointer" d={`M${x} ${y}v${h}`} />
      </Moved>
      <Moved signal={find('AxisY/Position')} dy={-h}>
        <path class="pointer" d={`M${x} ${y + h}h${w}`} />
      </Moved>
      <rect class="vessel" x={365} y={y} width={16} height={h} />
      <Moved signal={find('AxisZ/Position')} dy={-h}>
        <path class="pointer" d={`M357 ${y + h}h32`} />
        <path class="pointer-mark" d={`M389 ${y + h}l12-7v14z`} />
      </Moved>
      <path class="tick" d="M452 136v70l8 12 8-12v-70M452 160l16 10M452 184l16 10M520 200l-30 16" />
      <Running signal={find('Spindle1/IsRotating')}>
        <path d="M430 30h60v70h-60zM442 100h36v36h-36z" />
      </Running>
      <Running signal={find('Coolant/PumpOn')}>
        <path d="M520 190h22v20h-22z" />
      </Running>
      <Level signal={find('Coolant/Level')} x={560} y={180} w={80} h={80} />
    </>
  );
}
