import { z } from 'zod';
import { idSegment, localizedText } from '../catalogue.ts';

/** How often a sensor's status leaves Good, per machine and hour of virtual time. Seeded: the ledger has them. */
export const disturbancesSchema = z.strictObject({
  badPerHour: z.number().min(0).max(3600).default(4),
  uncertainPerHour: z.number().min(0).max(3600).default(8),
  meanDurationS: z.number().min(0.1).max(3600).default(6),
});
export type Disturbances = z.infer<typeof disturbancesSchema>;

/** One machine of a plant. `parameters` belongs to the kind, which validates it. */
export const plantMachineSchema = z.strictObject({
  id: idSegment,
  kind: z.string().min(1).max(64),
  name: localizedText,
  area: z.string().max(128).optional(),
  line: z.string().max(128).optional(),
  cell: z.string().max(128).optional(),
  /** Added to the base port; by default the machine's place in the list. */
  portOffset: z.int().min(0).max(1000).optional(),
  /** So many machines alike, with ids `<id>-1` to `<id>-N`, on consecutive ports. */
  count: z.int().min(1).max(200).default(1),
  parameters: z.record(z.string(), z.unknown()).default({}),
  disturbances: disturbancesSchema.prefault({}),
});
export type PlantMachine = z.infer<typeof plantMachineSchema>;

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A factory as data: `simulators/plants/*.yaml`. */
export const plantSchema = z.strictObject({
  /** ISA-95 site, and the Sparkplug group. */
  site: idSegment,
  enterprise: z.string().min(1).max(128),
  name: localizedText,
  /** Seed of everything random, unless the command line gives another one. */
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** First instant of a run that is not bound to the wall clock: `2026-01-05T05:00:00Z`. */
  startsAt: z
    .string()
    .regex(ISO_UTC, { error: 'must be a UTC time such as 2026-01-05T05:00:00Z' })
    .default('2026-01-05T05:00:00Z'),
  /** Base tick of the physics. */
  tickMs: z.int().min(10).max(1000).default(100),
  /** Mean temperature of the hall. */
  ambientC: z.number().min(-30).max(50).default(21),
  /** Also offer SecurityMode None; for demonstrations only. */
  allowUnsecured: z.boolean().default(false),
  machines: z.array(plantMachineSchema).min(1, { error: 'must name one machine at least' }).max(200),
});
export type Plant = z.infer<typeof plantSchema>;
