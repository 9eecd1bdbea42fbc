// Who may import whom, as data. docs/adr/0002-import-rules.md says why.
import type { IFlattenedRuleSet } from 'dependency-cruiser';

/** Applications: each imports the shared folders and its own, never another one. */
export const APPS: readonly string[] = [
  'services/broker',
  'services/ingest',
  'services/historian',
  'services/analytics',
  'services/api',
  'services/centre',
  'edge-agent',
  'simulators',
  'dashboards',
];

const SHARED = '^services/shared/';
const TESTS = String.raw`\.test\.tsx?$|^test/`;
const appsPattern = (apps: readonly string[]): string => `^(${apps.join('|')})/`;

/** Third-party clients by family: within an app, one folder alone may import a family. */
export const CLIENT_FAMILIES: Readonly<Record<string, RegExp>> = {
  'node-opcua': /^node-opcua(-|$)/,
  mqtt: /^mqtt(-packet|-connection)?$/,
  aedes: /^aedes(-|$)/,
  influx: /^@influxdata\//,
  duckdb: /^@duckdb\//,
  fastify: /^(fastify(-|$)|@fastify\/)/,
};

type ForbiddenRule = NonNullable<IFlattenedRuleSet['forbidden']>[number];

const sharedRules: ForbiddenRule[] = [
  {
    name: 'domain-imports-nothing',
    comment: 'services/shared/domain is pure: it imports only itself, neither packages nor Node.',
    severity: 'error',
    from: { path: `${SHARED}domain/`, pathNot: TESTS },
    to: { pathNot: `${SHARED}domain/` },
  },
  {
    name: 'contracts-import-domain-only',
    comment: 'services/shared/contracts imports domain, itself, zod and yaml.',
    severity: 'error',
    from: { path: `${SHARED}contracts/`, pathNot: TESTS },
    to: {
      pathNot: [`${SHARED}(domain|contracts)/`, '(^|/)node_modules/(zod|yaml)/'],
      dependencyTypesNot: ['core'],
    },
  },
  {
    name: 'platform-knows-no-factory-word',
    comment: 'services/shared/platform imports neither domain nor contracts nor an app.',
    severity: 'error',
    from: { path: `${SHARED}platform/`, pathNot: TESTS },
    to: { path: '^(services|edge-agent|simulators|dashboards|infra|test)/', pathNot: `${SHARED}platform/` },
  },
];

const appRules: ForbiddenRule[] = APPS.map((app) => ({
  name: `app-imports-no-other-app:${app}`,
  comment: 'Apps meet on OPC UA, MQTT, HTTP or the SampleStore port; services/main.ts alone composes.',
  severity: 'error',
  from: { path: `^${app}/` },
  to: {
    path: [
      ...APPS.filter((other) => other !== app).map((other) => `^${other}/`),
      String.raw`^services/[^/]+\.ts$`,
      '^infra/',
    ],
  },
}));

const compositionRules: ForbiddenRule[] = [
  {
    name: 'shared-and-infra-import-no-app',
    severity: 'error',
    from: { path: `${SHARED}|^infra/`, pathNot: TESTS },
    to: { path: appsPattern(APPS) },
  },
  {
    name: 'only-main-composes-apps',
    comment: 'Beside the apps themselves only services/main.ts may import them.',
    severity: 'error',
    from: { path: String.raw`^services/[^/]+\.ts$`, pathNot: [String.raw`^services/main\.ts$`, TESTS] },
    to: { path: appsPattern(APPS) },
  },
  {
    name: 'only-main-picks-a-store',
    comment: 'Everybody else knows the SampleStore port.',
    severity: 'error',
    from: {
      pathNot: [
        '^services/historian/(embedded|influxdb)/',
        String.raw`(^|/)(main|cli|[a-z-]*worker)\.ts$`,
        TESTS,
      ],
    },
    to: { path: '^services/historian/(embedded|influxdb)/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'stores-do-not-know-each-other',
    severity: 'error',
    from: { path: '^services/historian/(embedded|influxdb)/', pathNot: TESTS },
    to: { path: '^services/historian/(embedded|influxdb)/', pathNot: '^services/historian/$1/' },
  },
  {
    name: 'dashboards-import-types-of-contracts-only',
    severity: 'error',
    from: { path: '^dashboards/', pathNot: TESTS },
    to: { path: `${SHARED}contracts/`, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'dashboards-run-in-a-browser',
    severity: 'error',
    from: { path: '^dashboards/', pathNot: [TESTS, String.raw`\.config\.ts$`] },
    to: { path: `${SHARED}platform/` },
  },
];

const generalRules: ForbiddenRule[] = [
  {
    name: 'nothing-imports-test',
    comment:
      'Production code knows neither test/ nor *.test.ts; tests beside the source may use test/support.',
    severity: 'error',
    from: { pathNot: [TESTS, String.raw`^vitest\.config\.ts$`] },
    to: { path: TESTS },
  },
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  { name: 'no-unresolvable-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'no-undeclared-packages',
    comment: 'A package that package.json does not name may vanish with the next install.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-development-packages-at-run-time',
    severity: 'error',
    from: { path: '^(services|edge-agent|simulators)/', pathNot: TESTS },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
];

export const FORBIDDEN: ForbiddenRule[] = [...sharedRules, ...appRules, ...compositionRules, ...generalRules];
