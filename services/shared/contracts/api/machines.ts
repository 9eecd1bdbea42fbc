import { z } from 'zod';
import { PROVENANCES } from '#domain/machine.ts';
import { assetPathSchema, idSegment, localizedText, rangeSchema, unitSchema } from '../catalogue.ts';
import { MACHINE_LINK_STATES, pathProblemSchema } from '../delivery.ts';
import { DATA_TYPES } from '#domain/machine.ts';
import { listOf, pageParameters, type RouteContract } from './route.ts';
import { sampleValueSchema, statusCodeSchema, timestampSchema } from './values.ts';

export const machineSchema = z.object({
  id: z.string(),
  assetPath: assetPathSchema.extend({ site: z.string() }),
  kind: z.string(),
  name: localizedText,
  state: z
    .enum(MACHINE_LINK_STATES)
    .describe("The machine's OPC UA path as its edge agent sees it; offline when no agent speaks of it."),
  detail: z.string().optional(),
  problem: pathProblemSchema.optional().describe('What `detail` says, as a code.'),
  provenance: z.enum(PROVENANCES),
  edgeAgent: z
    .string()
    .optional()
    .describe('site/agent; absent until an agent has announced the machine since the server started.'),
  connected: z.boolean(),
  stale: z.boolean().describe('No proof of life of the path for 2 s.'),
  retired: z
    .boolean()
    .describe(
      'No agent reads it any more: every agent of its site that the historian knows is online, and none has it configured. Its history stays.',
    ),
  signals: z.int().min(0),
  lastSampleAt: timestampSchema.nullable().describe('Greatest source time among the latest samples.'),
  lastAliveAt: timestampSchema.nullable(),
});
export type MachineView = z.infer<typeof machineSchema>;

const machineParams = z.object({ site: idSegment, machine: idSegment });

export const machinesRoute = {
  path: '/machines',
  summary: 'The machines, with the state of their path',
  query: z.object(pageParameters(1_000, 10_000)),
  response: listOf(machineSchema),
  problems: ['BAD_PARAMETER', 'INTERNAL'],
} as const satisfies RouteContract;

export const machineRoute = {
  path: '/machines/{site}/{machine}',
  summary: 'One machine',
  params: machineParams,
  response: machineSchema,
  problems: ['BAD_PARAMETER', 'MACHINE_UNKNOWN', 'INTERNAL'],
} as const satisfies RouteContract;

export const signalSchema = z.object({
  id: z.string(),
  machine: z.string(),
  path: z.string(),
  name: localizedText,
  dataType: z.enum(DATA_TYPES),
  isArray: z.boolean(),
  unit: unitSchema.optional(),
  range: rangeSchema.optional(),
  enumNames: z.record(z.string(), localizedText).optional(),
  meaning: z.string().optional(),
  nodeId: z.string(),
  value: sampleValueSchema.describe(
    'Of the latest sample; BadWaitingForInitialData and nulls until there is one.',
  ),
  statusCode: statusCodeSchema,
  sourceTimestamp: timestampSchema.nullable(),
});
export type SignalView = z.infer<typeof signalSchema>;

export const signalsRoute = {
  path: '/machines/{site}/{machine}/signals',
  summary: 'The signals of a machine with their latest values',
  params: machineParams,
  query: z.object(pageParameters(1_000, 10_000)),
  response: listOf(signalSchema),
  problems: ['BAD_PARAMETER', 'MACHINE_UNKNOWN', 'INTERNAL'],
} as const satisfies RouteContract;
