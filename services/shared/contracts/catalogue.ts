import { z } from 'zod';
import type { MachineCatalogue as DomainCatalogue } from '#domain/sample-store.ts';
import { DATA_TYPES, PROVENANCES } from '#domain/machine.ts';
import { isIdSegment, isSignalPath, machineId, signalId, ID_SEGMENT_RULE } from '#domain/asset-path.ts';

export const idSegment = z.string().refine(isIdSegment, { error: `must be ${ID_SEGMENT_RULE}` });
export const signalPath = z.string().refine(isSignalPath, {
  error: 'must be names joined by "/", without "+" and "#", at most 255 characters',
});

export const localizedText = z.object({
  en: z.string().min(1).max(500),
  ru: z.string().max(500).optional(),
  be: z.string().max(500).optional(),
  zh: z.string().max(500).optional(),
});

export const unitSchema = z.object({ code: z.string().max(32), symbol: z.string().max(32) });
export const rangeSchema = z.object({ low: z.number(), high: z.number() });

export const assetPathSchema = z.object({
  enterprise: z.string().min(1).max(128),
  area: z.string().max(128).optional(),
  line: z.string().max(128).optional(),
  cell: z.string().max(128).optional(),
});

/** 84 MB of tables; an agent that gives out a thousand new ones a day gets there in 45 years. */
const MAX_ALIAS = 0xffffff;

/** One signal within {@link machineCatalogueSchema}. */
export const catalogueSignalSchema = z.object({
  /** Sparkplug alias: unique within the agent, never reused within an epoch. They are counted up: tables have a place for each. */
  alias: z.int().min(1).max(MAX_ALIAS),
  path: signalPath,
  name: localizedText,
  dataType: z.enum(DATA_TYPES),
  isArray: z.boolean().default(false),
  unit: unitSchema.optional(),
  range: rangeSchema.optional(),
  enumNames: z.record(z.string(), localizedText).optional(),
  meaning: z.string().max(500).optional(),
  nodeId: z.string().max(4096),
});

/**
 * `Stream/Catalogue` of a DBIRTH, and the body of a catalogue record: all that is needed to decode and to show a
 * machine's samples. The version counts up for the whole agent, at each change of any of its machines.
 */
export const machineCatalogueSchema = z.object({
  version: z.int().min(1),
  machine: z.object({
    id: idSegment,
    kind: z.string().min(1).max(64),
    name: localizedText,
    provenance: z.enum(PROVENANCES),
    assetPath: assetPathSchema,
  }),
  signals: z.array(catalogueSignalSchema).max(100_000),
});
export type WireCatalogue = z.infer<typeof machineCatalogueSchema>;
export type WireSignal = z.infer<typeof catalogueSignalSchema>;

/** The wire form with the site put in front of its ids; `signals` keep their order. */
export function toDomainCatalogue(site: string, wire: WireCatalogue): DomainCatalogue {
  const id = machineId(site, wire.machine.id);
  return {
    machine: { ...wire.machine, id, assetPath: { ...wire.machine.assetPath, site } },
    signals: wire.signals.map(({ alias: _alias, ...signal }) => ({
      ...signal,
      id: signalId(site, wire.machine.id, signal.path),
      machine: id,
    })),
  };
}
