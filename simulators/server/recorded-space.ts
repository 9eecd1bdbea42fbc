import type { AddressSpace, UAVariable } from 'node-opcua';
import type { MachineRecording, RecordedSample, RecordedValue } from '../replay/machine-recording.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import type { MachineValues } from './machine-values.ts';
import { NodeClass, resolveNodeId } from 'node-opcua';
import { createTick } from '../model/produced-tick.ts';

export interface RecordedNodes {
  /** Those that were watched, in the order of the recording, then the others with a value. */
  readonly variables: readonly UAVariable[];
  readonly signals: readonly SignalDefinition[];
}

/** Variables of a recorded machine in an address space that was made of it. */
export function findRecorded(space: AddressSpace, recording: MachineRecording): RecordedNodes {
  const ids = variableIds(recording);
  const variables = ids.map((id) => {
    const node = space.findNode(resolveNodeId(id));
    if (node?.nodeClass !== NodeClass.Variable) throw new Error(`the recorded variable ${id} was not made`);
    return node as UAVariable;
  });
  return { variables, signals: ids.map(recordedSignal) };
}

const variableIds = ({ nodes, watched }: MachineRecording): readonly string[] => {
  const living = new Set(watched);
  const others = nodes.filter(
    (node) => node.class === 'Variable' && node.value !== undefined && !living.has(node.id),
  );
  return [...watched, ...others.map(({ id }) => id)];
};

/** Values carry their own type: nothing else of a signal is used. */
export const recordedSignal = (path: string): SignalDefinition => ({
  path,
  dataType: 'Double',
  cadence: 'on-change',
});

/** What the variables hold before the first value is played: the first value of each, else what was read of it. */
export function presetValues(values: MachineValues, recording: MachineRecording): void {
  const read = new Map(recording.nodes.map((node) => [node.id, node.value]));
  const nowMs = Date.now();
  const tick = createTick();
  variableIds(recording).forEach((id, i) => {
    const first: RecordedSample | undefined = recording.first[i];
    const value: RecordedValue | undefined = first ? [first[1], first[2], first[3], first[4]] : read.get(id);
    if (!value) return;
    const [sourceMs, below, statusCode, variant] = value;
    tick.timeMs = sourceMs ?? Number.NaN;
    tick.below = below;
    tick.signals[0] = i;
    tick.values[0] = recordedValue(variant);
    tick.statuses[0] = statusCode;
    values.write(tick, nowMs);
  });
}

const recordedValue = (variant: string): SignalValue | null =>
  variant === '' ? null : { variant: Buffer.from(variant, 'base64') };
