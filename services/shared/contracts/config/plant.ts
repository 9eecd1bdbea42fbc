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
  portOffset: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe("Added to the base port; by default the machine's place in the list."),
  count: z
    .int()
    .min(1)
    .max(200)
    .default(1)
    .describe('So many machines alike, with ids <id>-1 to <id>-N, on consecutive ports.'),
  inputs: z
    .array(idSegment)
    .max(16)
    .default([])
    .describe(
      "Places of material that it takes from and gives to, in the order of the kind's ports; none: no limits.",
    ),
  outputs: z.array(idSegment).max(16).default([]),
  serverProfile: z
    .enum(['full', 'small-plc', 'axc-f-1152', 'bmenua0100'])
    .default('full')
    .describe(
      'Limits of its OPC UA server: small-plc has one session, 1,000 items, 100 operations a call; the others are those of devices so called.',
    ),
  parameters: z.record(z.string(), z.unknown()).default({}),
  disturbances: disturbancesSchema.prefault({}),
});
export type PlantMachine = z.infer<typeof plantMachineSchema>;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time such as 06:00' });

/** Shifts and breaks of a day, in the plant's own time. By default somebody is always there. */
export const calendarSchema = z.strictObject({
  utcOffsetHours: z.number().min(-12).max(14).default(3),
  shifts: z
    .array(z.strictObject({ from: clockTime, to: clockTime }))
    .max(6)
    .default([{ from: '00:00', to: '00:00' }]),
  breaks: z
    .array(z.strictObject({ from: clockTime, minutes: z.int().min(1).max(240) }))
    .max(24)
    .default([]),
});
export type Calendar = z.infer<typeof calendarSchema>;

/**
 * Where material waits: buffers between two machines, and sources that release orders lot by lot, round and
 * round. A place that a machine gives to and that is neither is a store outside: it takes everything.
 */
export const materialSchema = z.strictObject({
  buffers: z
    .array(
      z.strictObject({
        id: idSegment,
        capacity: z.int().min(1).max(10_000),
        initial: z
          .strictObject({ article: z.string().min(1).max(32), quantity: z.int().min(1).max(10_000) })
          .optional()
          .describe('Pieces that lie there at the start.'),
      }),
    )
    .max(100)
    .default([]),
  sources: z
    .array(
      z.strictObject({
        id: idSegment,
        lots: z
          .array(
            z.strictObject({ article: z.string().min(1).max(32), quantity: z.int().min(1).max(100_000) }),
          )
          .min(1)
          .max(50),
      }),
    )
    .max(50)
    .default([]),
});
export type MaterialPlan = z.infer<typeof materialSchema>;

/** The building: what draws power and holds heat beside the machines. */
export const buildingSchema = z.strictObject({
  lightKw: z.number().min(0).max(500).default(4),
  ventilationKw: z.number().min(0).max(500).default(3),
  officeKw: z.number().min(0).max(500).default(1.5),
  heaterKw: z.number().min(0).max(2000).default(18),
  capacityKwhPerK: z.number().min(0.01).max(1000).default(6),
  lossKwPerK: z.number().min(0.01).max(100).default(1.6),
  outdoorC: z.number().min(-40).max(45).default(3),
  feederOhm: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('One phase of the feeder between the main meter and the machines.'),
});
export type Building = z.infer<typeof buildingSchema>;

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A factory as data: `simulators/plants/*.yaml`. */
export const plantSchema = z.strictObject({
  site: idSegment.describe('ISA-95 site, and the Sparkplug group.'),
  enterprise: z.string().min(1).max(128),
  name: localizedText,
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(1)
    .describe('Seed of everything random, unless the command line gives another one.'),
  startsAt: z
    .string()
    .regex(ISO_UTC, { error: 'must be a UTC time such as 2026-01-05T05:00:00Z' })
    .default('2026-01-05T05:00:00Z')
    .describe('First instant of a run that is not bound to the wall clock: 2026-01-05T05:00:00Z.'),
  warmUpMinutes: z
    .number()
    .min(0)
    .max(600)
    .default(0)
    .describe(
      'Virtual minutes that pass before the servers open, so that a factory at work is seen and not one that starts.',
    ),
  tickMs: z.int().min(10).max(1000).default(100).describe('Base tick of the physics.'),
  ambientC: z
    .number()
    .min(-30)
    .max(50)
    .default(21)
    .describe('Temperature that the hall is heated to, and has at the start.'),
  calendar: calendarSchema.prefault({}),
  material: materialSchema.prefault({}),
  building: buildingSchema.prefault({}),
  allowUnsecured: z
    .boolean()
    .default(false)
    .describe('Also offer SecurityMode None; for demonstrations only.'),
  machines: z.array(plantMachineSchema).min(1, { error: 'must name one machine at least' }).max(200),
});
export type Plant = z.infer<typeof plantSchema>;
