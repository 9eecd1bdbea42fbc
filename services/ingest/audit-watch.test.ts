import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { ReadBack, StreamAudit } from '#domain/sample-store.ts';
import type { SequenceRange } from '#domain/sequence-ranges.ts';
import { createLogger } from '#platform/logger.ts';
import { AuditWatch } from './audit-watch.ts';

const STREAM = { agent: 'brest/edge-1', epoch: '00000000000000aa' };
/** Ten records of ten samples each, all of them there. */
const BALANCED: StreamAudit = {
  stream: STREAM,
  epochNumber: 1,
  received: [[1, 10]],
  cut: { sequence: 10, produced: 100, discarded: 0 },
  storedAtCut: 100,
  stored: 100,
  rejectedAtCut: 0,
  rejected: 0,
  declaredLostAtCut: 0,
  declaredLost: 0,
  lostAcrossCut: 0,
  closed: undefined,
};
const READ_BACK: ReadBack = { streams: [STREAM], stored: 100, samples: 100, expired: 0 };

let books: () => readonly StreamAudit[];
let counted: () => readonly ReadBack[];
let looked: number;
let registry: Registry;
let watch: AuditWatch;

beforeEach(() => {
  books = () => [BALANCED];
  counted = () => [READ_BACK];
  looked = 0;
  registry = new Registry();
  watch = new AuditWatch({
    store: { audit: async () => books(), readBack: async () => counted() },
    closer: { look: async () => void (looked += 1), heartbeat: () => undefined },
    registry,
    log: createLogger('audit-watch-test', 'silent'),
    intervalMs: 5,
    readBackIntervalMs: 0,
  });
});

const look = async (audit: Partial<StreamAudit>): Promise<void> => {
  books = () => [{ ...BALANCED, ...audit }];
  await watch.look();
};

describe('AuditWatch', () => {
  it('says that the books balance', async () => {
    await watch.look();
    await watch.readBack();
    expect(watch.health()).toEqual({ name: 'audit', status: 'ok', detail: 'the books of 1 streams balance' });
    expect(looked).toBe(1);
  });

  it.each([
    [{ storedAtCut: 97 }, '3 samples are missing that nobody declared lost', 3],
    [{ storedAtCut: 102 }, '2 samples more are accounted for than were produced', 2],
    [{ storedAtCut: 90, rejectedAtCut: 4, declaredLostAtCut: 5 }, '1 samples are missing', 1],
  ])('is degraded while %o does not add up', async (audit, sentence, unexplained) => {
    await look(audit);
    expect(watch.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining(`brest/edge-1, epoch ${STREAM.epoch}: ${sentence}`),
    });
    expect(await registry.metrics()).toContain(
      `ingest_audit_samples{agent="brest/edge-1",term="unexplained"} ${unexplained}`,
    );
    await look({});
    expect(watch.health().status).toBe('ok');
    expect(await registry.metrics()).toContain('term="unexplained"} 0');
  });

  it.each([
    ['records are on their way', { received: [[1, 8]], storedAtCut: 80 }],
    ['a declaration that reaches across the cut explains it', { storedAtCut: 80, lostAcrossCut: 20 }],
    [
      'the stream is closed with its remainder lost',
      {
        received: [[1, 8]],
        storedAtCut: 80,
        stored: 80,
        closed: { head: 10, produced: 100, discarded: 0, carried: 0 },
      },
    ],
  ] satisfies [string, Partial<StreamAudit>][])('is not degraded while %s', async (_case, audit) => {
    await look(audit);
    expect(watch.health().status).toBe('ok');
  });

  it('tells of records that a restored store lacks and their agent has no more, once the rest is there', async () => {
    const told = (tail: number, head: number): void =>
      watch.heartbeat(STREAM.agent, { epoch: STREAM.epoch, journal: { tail, head } } as AgentHealth);
    told(9, 12);
    await look({ received: [[1, 4]] });
    await look({
      received: [
        [1, 4],
        [9, 11],
      ],
    });
    await look({
      received: [
        [1, 4],
        [9, 11],
      ],
    });
    expect(watch.health().status).toBe('ok');
    told(13, 14);
    await look({
      received: [
        [1, 4],
        [9, 12],
      ],
    });
    expect(watch.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('4 records (the first is number 5) are neither in this store nor'),
    });
    expect(await registry.metrics()).toContain('ingest_audit_gone_records{agent="brest/edge-1"} 4');
    await look({ received: [[1, 12]] });
    expect(watch.health().status).toBe('ok');
  });

  it.each([
    [
      'what the agent declares itself is on its way',
      [
        [1, 4],
        [9, 11],
      ],
      [[1, 12]],
    ],
    ['the store is a new one, without what another has', [[9, 11]], [[9, 12]]],
  ] satisfies [string, SequenceRange[], SequenceRange[]][])(
    'tells of no lost records while %s',
    async (_case, before, after) => {
      watch.heartbeat(STREAM.agent, { epoch: STREAM.epoch, journal: { tail: 9, head: 12 } } as AgentHealth);
      await look({ received: before });
      await look({ received: before });
      expect(watch.health().status).toBe('ok');
      await look({ received: after });
      await look({ received: after });
      expect(watch.health().status).toBe('ok');
    },
  );

  it('is degraded while the store holds another number of samples than it acknowledged', async () => {
    counted = () => [{ ...READ_BACK, samples: 99 }];
    await watch.readBack();
    await watch.look();
    expect(watch.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('the store holds 99 samples, 100 were stored and 0 have expired since'),
    });
    expect(await registry.metrics()).toContain('ingest_audit_read_back_difference 1');
    counted = () => [{ ...READ_BACK, samples: 99, expired: 1 }];
    await watch.readBack();
    expect(watch.health().status).toBe('ok');
  });

  it('is degraded while the books cannot be read, and goes on by itself', async () => {
    books = () => {
      throw new Error('the disk is gone');
    };
    watch.start();
    await expect
      .poll(() => watch.health().detail, { interval: 1 })
      .toBe('the books could not be read: the disk is gone');
    expect(watch.health().status).toBe('degraded');
    books = () => [BALANCED];
    await expect.poll(() => watch.health().status, { interval: 1 }).toBe('ok');
    await watch.stop();
  });

  it('does not forget a read-back that failed when the books can be read', async () => {
    counted = () => {
      throw new Error('a sealed file cannot be read');
    };
    await watch.readBack();
    await watch.look();
    expect(watch.health()).toMatchObject({
      status: 'degraded',
      detail: 'the store could not be read back: a sealed file cannot be read',
    });
    counted = () => [READ_BACK];
    await watch.readBack();
    expect(watch.health().status).toBe('ok');
  });
});
