import type { JSX } from 'preact';
import { Dial, Level, Running } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';

const AXES = [1, 2, 3, 4, 5, 6] as const;
/** EffectiveLoadRate of OPC 40010: per cent. */
const LOAD = { low: 0, high: 100 } as const;
const STEP = 130;
const FIRST = 65;

const positionOf = (axis: number): string => `Axis_${axis}/ParameterSet/ActualPosition`;
const loadOf = (axis: number): string => `PowerTrain_${axis}/Motor/ParameterSet/EffectiveLoadRate`;

export const ROBOT_TAGS: readonly Tag[] = [
  ...AXES.map((axis, i) => ({ end: positionOf(axis), place: 2, x: FIRST + i * STEP - 55, y: 114 })),
  ...AXES.map((axis, i) => ({ end: loadOf(axis), x: FIRST + i * STEP - 55, y: 158 })),
  { end: 'Gripper/Vacuum', x: 90, y: 232 },
  { end: 'Production/HandledParts', x: 270, y: 232 },
  { end: '/AcActivePowerTotal', x: 450, y: 232 },
  { end: 'Production/LastCycleTime', x: 630, y: 232 },
];

/** A dial for each joint, with the load of its motor beside it; the gripper. */
export function Robot({ find }: Drawing): JSX.Element {
  return (
    <>
      {AXES.map((axis, i) => (
        <g key={axis}>
          <Dial signal={find(positionOf(axis))} x={FIRST + i * STEP - 5} y={62} r={44} />
          <Level signal={find(loadOf(axis))} range={LOAD} x={FIRST + i * STEP + 47} y={18} w={12} h={88} />
        </g>
      ))}
      <path class="tick" d="M32 240v24l10 10M68 240v24l-10 10" />
      <Running signal={find('Gripper/Closed')}>
        <path d="M30 220h40v20H30z" />
      </Running>
    </>
  );
}
