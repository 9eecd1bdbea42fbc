import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from '../../support/programs.ts';
import { timeOfKey } from '../../verify/sample-key.ts';
import { influxRows, readInflux, refusedLines } from '../../verify/influx-contents.ts';
import { readLedgers } from '../../verify/ledger-reader.ts';
import type { SignalFinding } from '../../verify/verify-store.ts';
import type { Fault, FaultContext } from '../fault.ts';
import { InfluxSide } from '../influxdb/influx-side.ts';
import type { GateMode } from '../influxdb/influx-gate.ts';
import { SMALL_DISK, smallDisk, smallDiskUnavailable } from '../small-disk.ts';

const KILLS = 20;
/** From so long an outage on, catching up is measured: a shorter one is over before the agent's next try. */
const LONG_S = 60;

const unavailable = (): string | undefined =>
  findProgram('influxd') === undefined ? 'needs influxd 1.x: apt-get install influxdb' : undefined;

const ON_INFLUXDB: NonNullable<Fault['stack']> = {
  id: 'samples in influxd',
  options: () => ({ influx: (dir) => InfluxSide.start(dir) }),
};

/** The side that the plant was given. */
function sideOf({ stack }: Pick<FaultContext, 'stack'>): InfluxSide {
  if (!stack.influx) throw new Error('this plant has no InfluxDB');
  return stack.influx;
}

const open: Fault['heal'] = async (context) => void (sideOf(context).gate.mode = { kind: 'open' });

/** For so long the gate answers every write so. */
function answers(name: string, seconds: number, mode: Extract<GateMode, { kind: 'answer' }>): Fault {
  return {
    name,
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'everything',
    isBacklog: seconds >= LONG_S,
    inject: async (context) => {
      sideOf(context).gate.mode = mode;
      await context.wait(seconds * 1000);
    },
    heal: open,
  };
}

/** One of a hundred lines of one machine, the same at each redelivery. */
const isPoisoned = (line: string): boolean =>
  line.includes('machine=load-1,') && /[^0-9]seq=\d*[05]i /.test(line) && line.includes('Signal0003');

/** What is missing is exactly what was poisoned, and exactly that lies among the dead letters. */
async function onlyPoisoned(context: FaultContext, findings: readonly SignalFinding[]): Promise<string[]> {
  const side = sideOf(context);
  const { poisoned } = side.gate;
  const letters = new Set(await refusedLines(side.address));
  const failures: string[] = [];
  if (poisoned.size === 0) failures.push('nothing was poisoned');
  const strange = [...letters].filter((line) => !poisoned.has(line)).length;
  const absent = [...poisoned].filter((line) => !letters.has(line)).length;
  if (strange > 0) failures.push(`${strange} good lines among the dead letters`);
  if (absent > 0) failures.push(`${absent} poisoned lines are no dead letters`);
  const times = new Set([...poisoned].map((line) => line.slice(line.lastIndexOf(' ') + 1, -2)));
  const others = findings.filter(
    ({ kind, key }) => kind === 'missing' && !times.has(key.split(' ')[0] ?? ''),
  );
  if (others.length > 0) failures.push(`${others.length} missing that were not poisoned`);
  return failures;
}

const WRONG_CLOCK = 'compressor-01';
const YEAR_MS = 365 * 86_400_000;

/** A clock whose battery is empty begins at 1970. Of a machine of which no new values are awaited. */
async function setClock({ stack }: FaultContext, isWrong: boolean): Promise<void> {
  const token = await readFile(path.join(stack.dir, 'simulators', 'control.token'), 'utf8');
  const fault = { machine: WRONG_CLOCK, fault: 'clock-1970' };
  const base = `http://127.0.0.1:${Number(stack.processes.simulators.facts['controlPort'])}/control/faults`;
  const response = await fetch(isWrong ? base : `${base}?${new URLSearchParams(fault).toString()}`, {
    method: isWrong ? 'POST' : 'DELETE',
    headers: { authorization: `Bearer ${token.trim()}` },
    ...(isWrong && { body: JSON.stringify({ ...fault, severity: 1 }) }),
  });
  if (!response.ok) throw new Error(`no fault: ${await response.text()}`);
}

/** Every sample of 1970 is counted as expired, none is stored, and none a dead letter. */
async function onlyExpired(context: FaultContext): Promise<string[]> {
  const { signals } = await readLedgers(context.stack.ledgers);
  const { samples, streams, signals: known } = await readInflux(sideOf(context).address);
  const old = [...signals].flatMap(([signal, produced]) =>
    known.has(signal) ? produced.filter(({ timeMs }) => timeMs < YEAR_MS) : [],
  );
  const stored = [...samples.values()]
    .flat()
    .filter(({ key }) => Number(timeOfKey(key).slice(0, -4)) < YEAR_MS);
  const sum = (pick: (stream: (typeof streams)[number]) => number): number =>
    streams.reduce((all, one) => all + pick(one), 0);
  const [expired, rejected] = [sum((one) => one.expired ?? 0), sum((one) => one.rejected)];
  const failures: string[] = [];
  if (old.length === 0) failures.push('no clock stood at 1970');
  if (stored.length > 0) failures.push(`${stored.length} of 1970 are stored`);
  if (expired !== old.length) failures.push(`${old.length} of 1970, ${expired} counted as expired`);
  if (rejected > 0) failures.push(`${rejected} are dead letters`);
  return failures;
}

export const INFLUXDB: readonly Fault[] = [
  {
    name: `influxd killed ${KILLS} times`,
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'everything',
    inject: async (context) => {
      const { influxd } = sideOf(context);
      for (let n = 1; n < KILLS; n += 1) {
        const sinceMs = performance.now();
        await influxd.kill();
        await context.wait(context.between(0, 500));
        await influxd.restart();
        if (context.random() < 0.75) await context.recovered(sinceMs);
        await context.wait(context.between(0, 700));
      }
      await influxd.kill();
    },
    heal: async (context) => {
      await sideOf(context).influxd.restart();
    },
  },
  {
    name: 'influxd frozen',
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'everything',
    inject: async (context) => {
      sideOf(context).influxd.pause();
      await context.wait(12_000);
    },
    heal: async (context) => {
      sideOf(context).influxd.resume();
    },
  },
  {
    name: 'services killed while influxd is away',
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'everything',
    inject: async (context) => {
      await sideOf(context).influxd.kill();
      await context.wait(3_000);
      await context.stack.processes.services.kill();
    },
    heal: async (context) => {
      await sideOf(context).influxd.restart();
      await context.stack.startProcess('services');
    },
  },
  {
    name: 'machines restarted while influxd is away',
    stack: ON_INFLUXDB,
    unavailable,
    // What their servers held is lost with them: the gap records have to come through the outage.
    expected: 'gaps',
    inject: async (context) => {
      const { stack, wait } = context;
      await sideOf(context).influxd.kill();
      await wait(context.between(500, 3_000));
      await stack.kill('simulators');
      await stack.startProcess('simulators');
      await wait(2_000);
    },
    heal: async (context) => {
      await sideOf(context).influxd.restart();
    },
  },
  {
    name: 'influxdb keeps for an hour, a machine is at 1970',
    stack: {
      id: 'samples in influxd, machines with faults',
      options: () => ({
        influx: (dir) => InfluxSide.start(dir, undefined, { retentionDays: 0 }),
        changes: { simulators: { controlPort: 0 } },
      }),
    },
    unavailable,
    expected: 'everything',
    inject: async (context) => {
      // Behind the services' back: influxd refuses what they take for good.
      await sideOf(context).keep('1h');
      await setClock(context, true);
      await context.wait(10_000);
      await setClock(context, false);
      // The last of it is to come while it is too old, however slow the plant is.
      const side = sideOf(context);
      const rightMs = Date.now();
      while (!((await side.hasSince(WRONG_CLOCK, rightMs)) && (await side.isWithoutHole())))
        await context.wait(250);
    },
    heal: async (context) => {
      await sideOf(context).keep('INF');
    },
    judge: onlyExpired,
  },
  answers('influxdb answers 429, Retry-After 5 s', 30, { kind: 'answer', status: 429, retryAfterS: 5 }),
  answers('influxdb answers 503', 40, { kind: 'answer', status: 503 }),
  answers('influxdb answers 503 for five minutes', 300, { kind: 'answer', status: 503 }),
  answers('influxdb answers 500', 30, { kind: 'answer', status: 500 }),
  {
    name: 'influxdb refuses poisoned lines',
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'drops',
    inject: async (context) => {
      const { gate } = sideOf(context);
      gate.poisoned.clear();
      gate.mode = { kind: 'poison', isPoisoned };
      await context.wait(20_000);
    },
    heal: open,
    judge: onlyPoisoned,
  },
  {
    name: 'influxdb does not know us any more',
    stack: ON_INFLUXDB,
    unavailable,
    expected: 'everything',
    inject: async (context) => {
      await sideOf(context).changePassword(false);
      await context.wait(15_000);
    },
    heal: async (context) => {
      await sideOf(context).changePassword(true);
    },
  },
  {
    name: 'influxd on a full disk',
    stack: {
      id: 'influxd on a small disk',
      options: () => ({ influx: (dir) => InfluxSide.start(dir, smallDisk('influxd', 64)) }),
    },
    unavailable: () => unavailable() ?? smallDiskUnavailable(),
    expected: 'everything',
    inject: async (context) => {
      const { influxd } = sideOf(context);
      SMALL_DISK.fill(influxd.directory);
      await context.wait(12_000);
    },
    heal: async (context) => {
      const side = sideOf(context);
      SMALL_DISK.free(side.influxd.directory);
      // A file of its log that was torn is only closed by a restart (1.6.7).
      await influxRows(side.address, '', 'SHOW DATABASES').catch(() => undefined);
      await context.wait(1_000);
      await side.influxd.kill();
      await side.influxd.restart();
    },
  },
];
