import type { MachineKind } from '../model/machine-kind.ts';
import { agvKind } from './agv/kind.ts';
import { cncKind } from './cnc/kind.ts';
import { compressorKind } from './compressor/kind.ts';
import { meterKind } from './energy-meter/kind.ts';
import { mouldingKind } from './injection-moulding/kind.ts';
import { oldMillKind } from './old-mill/kind.ts';
import { packagingKind } from './packaging/kind.ts';
import { pumpLoopKind } from './pump-loop/kind.ts';
import { robotKind } from './robot/kind.ts';
import { visionKind } from './vision/kind.ts';

/** Every kind with a physical model. A new kind is a folder and a line here. */
export const MACHINE_KINDS = {
  agv: agvKind,
  cnc: cncKind,
  compressor: compressorKind,
  'energy-meter': meterKind,
  'injection-moulding': mouldingKind,
  'old-mill': oldMillKind,
  packaging: packagingKind,
  'pump-loop': pumpLoopKind,
  robot: robotKind,
  vision: visionKind,
} as const;
export type MachineKindName = keyof typeof MACHINE_KINDS;

export const isMachineKind = (kind: string): kind is MachineKindName => Object.hasOwn(MACHINE_KINDS, kind);

/** The kind with its parameters' type forgotten: what came from a file goes through `parameters` first. */
export function machineKind(kind: MachineKindName): MachineKind {
  return MACHINE_KINDS[kind];
}
