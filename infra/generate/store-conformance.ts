import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const SUITE_FOLDER = 'test/contract/sample-store';

interface Column {
  readonly store: string;
  /** What makes it: is there, or nothing is generated of it. */
  readonly file: string;
  /** Its clock cannot be told: what waits for its retention is left out. */
  readonly keepsForEver?: boolean;
}

const COLUMNS: readonly Column[] = [
  { store: 'embedded', file: 'embedded.test.ts' },
  { store: 'InfluxDB 1.x: the real influxd 1.6.7', file: 'influxdb-1.test.ts' },
  { store: '2.x, documented', file: 'influxdb-fronts.test.ts' },
  { store: '3.x, documented', file: 'influxdb-fronts.test.ts' },
  { store: '1.8, 2.7, 3-core in containers', file: 'influxdb-given.test.ts', keepsForEver: true },
  { store: 'yours (INFLUX_URL)', file: 'influxdb-given.test.ts', keepsForEver: true },
];

interface Case {
  readonly group: string;
  readonly title: string;
  readonly needsRetention: boolean;
}

const HEAD = `# Conformance of the stores

One suite (\`${SUITE_FOLDER}\`) holds for every store; this table is made of its own names by \`npm run generate\`. \`yes\`: the test runs on that store,
and \`npm test\` fails when it fails; the first four columns in every run, containers where a Docker engine answers, yours where \`INFLUX_URL\` says
so ([docs/influxdb.md](../influxdb.md)). \`-\`: left out, the server's clock cannot be told. "Documented": the interface as InfluxDB documents it, in front of a real influxd 1.6.7.

`;

/** `docs/reference/store-conformance.md` -> text: what the suite of the stores says of each of them. */
export function storeConformance(root: string): ReadonlyMap<string, string> {
  const folder = path.join(root, SUITE_FOLDER);
  if (!existsSync(path.join(folder, 'suite.ts'))) return new Map();
  const cases = casesOf(folder);
  const columns = COLUMNS.filter(({ file }) => existsSync(path.join(folder, file)));
  const rows = [
    ['', 'test', ...columns.map(({ store }) => store)],
    ['---', '---', ...columns.map(() => '---')],
    ...cases.map(({ group, title, needsRetention }, i) => [
      cases[i - 1]?.group === group ? '' : group,
      title,
      ...columns.map(({ keepsForEver }) => (needsRetention && keepsForEver ? '-' : 'yes')),
    ]),
    ['', 'tests', ...columns.map(({ keepsForEver }) => String(countFor(cases, keepsForEver === true)))],
  ];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return new Map([['docs/reference/store-conformance.md', `${HEAD}${table}\n`]]);
}

const countFor = (cases: readonly Case[], keepsForEver: boolean): number =>
  cases.filter(({ needsRetention }) => !(needsRetention && keepsForEver)).length;

/** In the order in which the suite runs them. */
function casesOf(folder: string): Case[] {
  const suite = readFileSync(path.join(folder, 'suite.ts'), 'utf8');
  const files = new Map(
    [...suite.matchAll(/import \{ (describe\w+) \} from '\.\/(.+\.suite\.ts)'/g)].map(
      ([, name = '', file = '']) => [name, file] as const,
    ),
  );
  const called = [...suite.matchAll(/^ +(describe\w+)\(bench/gm)].map(
    ([, name = '']) => files.get(name) ?? '',
  );
  return [
    ...casesIn('identity', suite),
    ...called.flatMap((file) =>
      casesIn(file.replace('.suite.ts', ''), readFileSync(path.join(folder, file), 'utf8')),
    ),
  ];
}

const casesIn = (group: string, text: string): Case[] =>
  [...text.matchAll(/(keepsForEver !== true\)\s*)?^ +it\(\s*'((?:[^'\\]|\\.)*)'/gm)].map(
    ([, condition, title = '']) => ({
      group,
      title: title.replaceAll('|', '\\|'),
      needsRetention: condition !== undefined,
    }),
  );
