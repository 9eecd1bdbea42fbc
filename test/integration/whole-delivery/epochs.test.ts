import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodePayload } from '#contracts/sparkplug/payload.ts';
import { valueAt } from '#domain/sample-batch.ts';
import type { DeadLetter } from '#domain/sample-store.ts';
import { decodeRecord } from '../../../services/historian/embedded/record-codec.ts';
import { Bench, oneTo, until } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});

afterEach(() => bench.stop());

/** The numbers that the signals of a refused record counted. Ingest keeps what came, the store what it had made of it. */
function countsIn({ topic, payload }: DeadLetter): number[] {
  if (topic !== '')
    return decodePayload(payload).metrics.flatMap(({ alias, value }) =>
      alias === undefined ? [] : Number(value),
    );
  const columns = decodeRecord(payload);
  return Array.from({ length: columns.count }, (_none, i) => Number(valueAt(columns, i)));
}

const COPY = 1_000_000;

describe('an agent whose journal is not what it was', () => {
  it('goes on in a new epoch after a restored backup; the old one is closed, and what it lost is counted', async () => {
    await bench.startIngest();
    const first = await bench.startAgent();
    await until('30 groups', () => first.source.count >= 30);
    await bench.stopAgent(first);
    await cp(join(bench.dir, 'agent'), join(bench.dir, 'backup'), { recursive: true });
    const atBackup = first.source.count;
    const second = await bench.startAgent();
    const { epoch } = second.agent.journal.stats();
    await until('30 more', () => second.source.count >= atBackup + 30);
    await bench.drain(second);
    await bench.stopAgent(second);
    const delivered = second.source.count;
    await rm(join(bench.dir, 'agent'), { recursive: true });
    await cp(join(bench.dir, 'backup'), join(bench.dir, 'agent'), { recursive: true });
    const third = await bench.startAgent();
    await until('a new epoch', () => third.agent.journal.stats().epoch !== epoch);
    await until('30 more', () => third.source.count >= atBackup + 30);
    await bench.drain(third);
    await bench.untilBooks('closed', ({ closed }) => closed !== undefined, epoch);
    const old = await bench.books(epoch);
    expect(old).toMatchObject({ lostAtClose: 0, unexplained: 0, inFlight: 0, stored: delivered * 5 });
    await bench.untilBooks(
      'balanced',
      ({ unexplained, cut }) => unexplained === 0 && (cut?.produced ?? 0) > 0,
    );
    const counted = (await bench.counts()).toSorted((a, b) => a - b);
    const again = Array.from({ length: third.source.count - atBackup }, (_, i) => atBackup + i + 1);
    expect(counted).toEqual([...oneTo(delivered), ...again].toSorted((a, b) => a - b));
  });

  it('declares lost, exactly, what a journal held that is gone for good', async () => {
    const worker = await bench.startIngest({ audit: { intervalMs: 100, supersededAfterMs: 500 } });
    const first = await bench.startAgent();
    await until('30 groups', () => first.source.count >= 30);
    const { epoch } = first.agent.journal.stats();
    // Heartbeats still come through, records do not.
    bench.broker.forwards = (_client, topic) => !topic.includes('/DDATA/');
    const before = first.source.count;
    await until('40 more', () => first.source.count >= before + 40);
    await first.source.stop();
    const { journaled } = first.agent.journal.stats();
    await new Promise((resolve) => setTimeout(resolve, 400)); // three heartbeats and a checkpoint
    await bench.stopAgent(first);
    await rm(join(bench.dir, 'agent'), { recursive: true });
    bench.broker.forwards = () => true;
    const second = await bench.startAgent();
    await until('20 groups', () => second.source.count >= 20);
    await bench.drain(second);
    await bench.untilBooks('closed', ({ closed }) => closed !== undefined, epoch);
    const { stored, lostAtClose, unexplained } = await bench.books(epoch);
    expect({ sum: stored + lostAtClose, unexplained }).toEqual({ sum: journaled, unexplained: 0 });
    expect(lostAtClose).toBeGreaterThanOrEqual(40 * 5);
    await worker.ingest.audit.look();
    expect(worker.ingest.health().find(({ name }) => name === 'audit')).toMatchObject({ status: 'ok' });
    const metrics = await worker.registry.metrics();
    expect(metrics).toContain(
      `ingest_audit_samples{agent="brest/edge-1",term="declared_lost"} ${lostAtClose}`,
    );
  });

  it('is found when two run under one id', async () => {
    const worker = await bench.startIngest();
    await bench.startAgent({ folder: 'one', mqtt: { clientId: 'one' } });
    expect(worker.ingest.health().find(({ name }) => name === 'agent identities')?.status).toBe('ok');
    await bench.startAgent({ folder: 'two', mqtt: { clientId: 'two' } });
    const alarm = (): string | undefined =>
      worker.ingest.health().find(({ name }) => name === 'agent identities')?.detail;
    await until('the alarm', () => alarm() !== undefined);
    expect(alarm()).toMatch(/brest\/edge-1: two agents run under this id/);
    expect(await worker.registry.metrics()).toContain('ingest_duplicate_agents 1');
  });

  it('goes on in an epoch of its own beside a copy of itself: each sample is stored once or among the dead letters', async () => {
    // Two agents that send 200 records a second each: more forks than are kept by default until one of them notices.
    const worker = await bench.startIngest({
      limits: { rebirthIntervalMs: 200, deadLettersPerSecond: 10_000 },
    });
    const original = await bench.startAgent({ folder: 'one' });
    await until('30 groups', () => original.source.count >= 30);
    await bench.drain(original);
    await bench.stopAgent(original);
    const common = original.source.count;
    await cp(join(bench.dir, 'one'), join(bench.dir, 'two'), { recursive: true });
    const one = await bench.startAgent({ folder: 'one', mqtt: { clientId: 'one' } });
    const two = await bench.startAgent({ folder: 'two', mqtt: { clientId: 'two' }, base: COPY });
    const epochOf = ({ agent }: typeof one): string => agent.journal.stats().epoch;
    await until('two epochs', () => epochOf(one) !== epochOf(two));
    await until('30 more', () => one.source.count >= common + 30 && two.source.count >= common + 30);
    await Promise.all([bench.drain(one), bench.drain(two)]);
    // What came under a sequence that the other one had taken: a dead letter, and often carried into the new epoch, too.
    // Records without samples (checkpoints, catalogues) may meet, too.
    const letters = (await bench.store.deadLetters(100_000)).filter(
      ({ code, samples = 0 }) => code === 'STREAM_FORK' && samples > 0,
    );
    const kept = new Map(letters.map((letter) => [`${letter.stream?.epoch} ${letter.sequence}`, letter]));
    const stored = await bench.counts();
    const found = new Set([...stored, ...[...kept.values()].flatMap(countsIn)]);
    const ofCopy = oneTo(two.source.count)
      .slice(common)
      .map((count) => COPY + count);
    expect([...oneTo(one.source.count), ...ofCopy].filter((count) => !found.has(count))).toEqual([]);
    expect(stored.filter((count, i) => stored.indexOf(count) !== i)).toEqual([]);
    expect(worker.ingest.health().find(({ name }) => name === 'agent identities')?.status).toBe('degraded');
  });

  it('is not taken for two when it restarts', async () => {
    const worker = await bench.startIngest();
    for (let run = 0; run < 3; run += 1) {
      const running = await bench.startAgent();
      await until('delivering', () => running.agent.publisher.state.state === 'delivering');
      await bench.stopAgent(running);
    }
    expect(worker.ingest.health().find(({ name }) => name === 'agent identities')?.status).toBe('ok');
  });
});
