import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { idSegment, localizedText } from '#contracts/catalogue.ts';
import { ConfigError } from '#platform/errors.ts';

const injection = z.strictObject({
  machine: idSegment,
  fault: z.string().min(1),
  severity: z.number().gt(0).max(1).default(1),
  /** Of a sensor fault: which sensor. */
  signal: z.string().optional(),
  rampS: z.number().min(0).default(0),
  durationS: z.number().gt(0).optional(),
});

/** When something happens, s after the start. */
const step = z.strictObject({
  at: z.number().min(0),
  inject: injection.optional(),
  clear: z.strictObject({ machine: idSegment, fault: z.string().optional() }).optional(),
});

/**
 * What is to be seen: the mean over a window of a signal, compared with the same plant without the fault. `by` is in
 * the signal's unit, or a share of the healthy value (`12 %`).
 */
const symptom = z.strictObject({
  machine: idSegment,
  signal: z.string(),
  change: z.enum(['rises', 'falls', 'freezes', 'scatters']),
  by: z.union([z.number().gt(0), z.string().regex(/^\d+(\.\d+)? %$/)]).default('5 %'),
  windowS: z.number().min(1).default(60),
  /** After the first injection, s. */
  withinS: z.number().gt(0),
});

export const scenarioSchema = z.strictObject({
  id: idSegment,
  name: localizedText,
  plant: idSegment.default('brest'),
  seed: z.int().min(0).default(7),
  durationS: z.number().gt(0),
  steps: z.array(step).min(1),
  /** In the order in which they must appear, unless `ordered` is false. */
  expect: z.array(symptom).default([]),
  ordered: z.boolean().default(true),
});
export type Scenario = z.infer<typeof scenarioSchema>;
export type Symptom = z.infer<typeof symptom>;
export type ScenarioStep = z.infer<typeof step>;

const FOLDER = import.meta.dirname;

/** The scenarios that come with the simulators, by id. @throws ConfigError */
export function loadScenarios(): readonly Scenario[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => readScenario(join(FOLDER, name)));
}

/** @throws ConfigError with everything that is wrong in the file. */
export function readScenario(file: string): Scenario {
  const result = scenarioSchema.safeParse(parse(readFileSync(file, 'utf8')));
  if (result.success) return result.data;
  throw new ConfigError(
    file,
    result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  );
}
