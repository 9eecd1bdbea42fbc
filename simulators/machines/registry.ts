import type { MachineKind } from '../model/machine-kind.ts';
import { cncKind } from './cnc/kind.ts';
import { compressorKind } from './compressor/kind.ts';
import { pumpLoopKind } from './pump-loop/kind.ts';

/** Every kind with a physical model. A new kind is a folder and a line here. */
export const MACHINE_KINDS = { cnc: cncKind, compressor: compressorKind, 'pump-loop': pumpLoopKind } as const;
export type MachineKindName = keyof typeof MACHINE_KINDS;

export const isMachineKind = (kind: string): kind is MachineKindName => Object.hasOwn(MACHINE_KINDS, kind);

/** The kind with its parameters' type forgotten: what came from a file goes through `parameters` first. */
export function machineKind(kind: MachineKindName): MachineKind {
  return MACHINE_KINDS[kind];
}
