import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, by suite and time. They are begun first, so that none of them is left to one worker alone at the end:
 * without results of an earlier run the order is that of the files' sizes, and the whole plant is a test of fifteen lines.
 */
export const LONGEST = [
  'test/contract/sample-store/embedded.test.ts',
  'test/contract/sample-store/embedded-faults.test.ts',
  'test/contract/sample-store/influxdb-fronts.test.ts',
  'test/simulation/simulation.test.ts',
  'simulators/scenarios/scenarios.test.ts',
  'test/verify/verify-store.test.ts',
  'test/faults/faults.test.ts',
  'test/integration/influxdb/copy.test.ts',
  'test/integration/opcua-source/onboarding-cli.test.ts',
  'test/integration/opcua-source/recovery.test.ts',
  'test/integration/whole-delivery/workers.test.ts',
  'test/integration/whole-delivery/changes.test.ts',
  'test/integration/ingest/kill.test.ts',
  'test/integration/simulators/servers.test.ts',
  'test/integration/influxdb/workers.test.ts',
  'test/integration/opcua-source/ladder.test.ts',
  'test/integration/opcua-source/reconnects.test.ts',
  'test/integration/simulators/process.test.ts',
  'test/integration/simulators/replay.test.ts',
  'test/e2e/npm-start.test.ts',
  'test/e2e/plant-pages.test.ts',
] as const;

function place({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return at < 0 ? LONGEST.length : at;
}

/** Order of the files within a suite. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const suites = Map.groupBy(await super.sort(files), ({ project }) => project.name);
    return [...suites.values()].flatMap((suite) => suite.toSorted((a, b) => place(a) - place(b)));
  }
}
