/** The agent against a stack of another make (asyncua): nothing here may hold only for the library that we use ourselves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BAD_NODE_ID_UNKNOWN, isGood } from '#domain/status-code.ts';
import { skipMark } from '../../support/skip-mark.ts';
import { Harness } from '../opcua-source/harness.ts';
import { JournalSink, type JournaledRow } from '../opcua-source/journal-sink.ts';
import { TcpProxy } from '../opcua-source/tcp-proxy.ts';
import { ForeignServer, MACHINE_URI, OTHER_URI, SIGNALS } from './foreign-server.ts';
import { REMEDY, findPython } from './python.ts';

const python = findPython();
/** 20 in `npm run foreign`. */
const RESTARTS = Number(process.env['OPCUA_FOREIGN_RESTARTS'] ?? 1);
const CUTS = 2;

/** The structure that server.py makes: fields in their order, 64 bits as text, the optional one that is absent left out. */
const PARCEL = JSON.stringify({
  Id: 'p-1',
  Serial: '9223372036854775809',
  Mode: 2,
  At: { X: 1.5, Y: -2 },
  Corners: [
    { X: 0, Y: 0 },
    { X: 3, Y: 4 },
  ],
  Grams: 250,
});
const title = `the agent against asyncua${python === undefined ? ` ${skipMark('asyncua', REMEDY)}` : ''}`;

describe.skipIf(python === undefined)(title, () => {
  let harness: Harness;
  let sink: JournalSink;
  let server: ForeignServer;
  let folder: string;
  beforeEach(async () => {
    harness = await Harness.make();
    sink = await JournalSink.open(harness.folder);
    folder = await mkdtemp(join(tmpdir(), 'opcua-foreign-'));
    server = await ForeignServer.make({ python: python ?? '', folder });
  });
  afterEach(async () => {
    await harness.close();
    await server.kill();
    await sink.close();
    await rm(folder, { recursive: true, force: true });
  });

  const lastFlow = (): number => Number(sink.own('Flow').at(-1)?.value ?? 0);
  const goodSince = (index: number): Set<string> =>
    new Set(sink.rows.slice(index).flatMap(({ path, statusCode }) => (isGood(statusCode) ? [path] : [])));

  /** Counts what is missing and not declared, and what is there twice. */
  function judgeFlow(): { undeclared: number; doubled: number; declared: number } {
    const rows = sink.own('Flow').toSorted((a, b) => Number(a.value) - Number(b.value));
    const result = { undeclared: 0, doubled: 0, declared: 0 };
    const isDeclared = (a: JournaledRow, b: JournaledRow): boolean =>
      sink.gaps.some(
        ({ path, fromNs, toNs }) => (path ?? 'Flow') === 'Flow' && fromNs < b.timeNs && toNs > a.timeNs,
      );
    rows.forEach((row, i) => {
      const before = rows[i - 1];
      if (!before) return;
      const step = Number(row.value) - Number(before.value);
      if (step === 0) result.doubled += 1;
      if (step > 1) result[isDeclared(before, row) ? 'declared' : 'undeclared'] += 1;
    });
    return result;
  }

  test(
    `killed and started again ${RESTARTS} times: every signal lives again each time`,
    { timeout: 380_000 },
    async () => {
      await server.start();
      const source = await harness.source(server, sink.pipeline);
      await sink.until(() => goodSince(0).size === SIGNALS, 'all signals');
      expect(sink.own('Parcel').map(({ value }) => value)).toEqual([{ json: PARCEL }]);
      const backMs: number[] = [];
      for (let restart = 1; restart <= RESTARTS; restart += 1) {
        await server.kill();
        const first = lastFlow() + 1_000;
        const index = sink.rows.length;
        // The indexes of the namespaces are others each time.
        await server.start({
          first,
          namespaces: restart % 2 === 1 ? [OTHER_URI, MACHINE_URI] : [MACHINE_URI, OTHER_URI],
        });
        const readyAt = performance.now();
        await sink.until(
          () => goodSince(index).size === SIGNALS && lastFlow() > first,
          `restart ${restart}`,
          15_000,
        );
        backMs.push(performance.now() - readyAt);
        expect(source.state()).toMatchObject({ link: 'online', items: SIGNALS, failedItems: 0 });
      }
      const worst = Math.round(Math.max(...backMs));
      process.stdout.write(
        `asyncua killed ${RESTARTS} times: ${SIGNALS} of ${SIGNALS} signals back each time, at most ${worst} ms after it served again\n`,
      );
      expect(worst).toBeLessThan(10_000);
      await sink.until(() => judgeFlow().undeclared === 0, 'every hole filled or declared');
      expect(judgeFlow().doubled).toBe(0);
      // Now one of its nodes is gone: the others live, and it is named with its reason.
      await server.kill();
      const index = sink.rows.length;
      await server.start({ first: lastFlow() + 1_000, hasGhost: false });
      await sink.until(() => goodSince(index).size === SIGNALS - 1, 'all that is left');
      expect(source.state()).toMatchObject({
        items: SIGNALS - 1,
        failed: [{ path: 'Ghost', reason: 'BadNodeIdUnknown' }],
      });
      expect(sink.rows.filter(({ path }) => path === 'Ghost').at(-1)).toMatchObject({
        value: null,
        statusCode: BAD_NODE_ID_UNKNOWN,
      });
    },
  );

  test('a server that answers Republish with Good and nothing: asked a bounded number of times, the hole filled or declared', async () => {
    await server.start();
    const proxy = await TcpProxy.to(server.port);
    try {
      const source = await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink.pipeline);
      await sink.until(() => lastFlow() > 20, 'values');
      for (let cut = 0; cut < CUTS; cut += 1) {
        const before = lastFlow();
        proxy.refusing = true;
        proxy.cut();
        await new Promise((resolve) => setTimeout(resolve, 600));
        proxy.refusing = false;
        await sink.until(() => lastFlow() > before + 60, `values after cut ${cut}`);
      }
      await sink.until(() => Number(sink.own('Republished').at(-1)?.value ?? 0) >= 0, 'the count');
      const asked = Number(sink.own('Republished').at(-1)?.value ?? 0);
      process.stdout.write(
        `asyncua behind a cut cable, ${CUTS} times: ${asked} Republish requests, ${JSON.stringify(judgeFlow())}\n`,
      );
      expect(asked).toBeLessThanOrEqual(60);
      expect(source.state().link).toBe('online');
      expect(judgeFlow()).toMatchObject({ undeclared: 0, doubled: 0 });
    } finally {
      await proxy.close();
    }
  });

  test('a new process goes on where the old one ended', async () => {
    await server.start();
    const first = await harness.source(server, sink.pipeline);
    await sink.until(() => lastFlow() > 20, 'values');
    await first.stop('keep');
    await sink.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    sink = await JournalSink.open(harness.folder);
    const before = lastFlow();
    await harness.source(server, sink.pipeline);
    await sink.until(() => lastFlow() > before + 100, 'values of the new process');
    await sink.until(() => judgeFlow().undeclared === 0, 'the hole filled or declared');
    process.stdout.write(`asyncua, a new process: ${JSON.stringify(judgeFlow())}\n`);
    expect(judgeFlow()).toMatchObject({ undeclared: 0, doubled: 0 });
  });
});
