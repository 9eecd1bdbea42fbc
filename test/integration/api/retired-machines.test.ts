import { describe, expect, test } from 'vitest';
import type { AgentHealth } from '#contracts/delivery.ts';
import { machineId } from '#domain/asset-path.ts';
import { RetiredMachines } from '../../../services/api/retired-machines.ts';
import { FakePresence, STREAM, demoCatalogue } from '../../support/api-fixture.ts';
import { MemorySampleStore } from '../../support/memory-sample-store.ts';

const PUMP = machineId('brest', 'pump-01');
const OVEN = machineId('brest', 'oven-01');
const HOLD_MS = 5_000;

const health = (machines: readonly string[]): AgentHealth => ({
  t: 0,
  version: '1',
  journal: { head: 9, tail: 1, bytes: 1, limitBytes: 2, oldestUnacknowledgedMs: 0 },
  produced: 0,
  journaled: 0,
  discarded: 0,
  declaredLost: 0,
  machines: machines.map((id) => ({ id, state: 'online', items: 1, failedItems: 0 })),
});

async function site() {
  const store = new MemorySampleStore();
  for (const machine of ['pump-01', 'oven-01']) await store.putCatalogue(demoCatalogue(machine, ['A']));
  await store.openStream(STREAM);
  const presence = new FakePresence();
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const retired = new RetiredMachines({ store, presence, clock });
  return {
    store,
    agents(...agents: readonly (readonly [agent: string, online: boolean, machines: readonly string[]])[]) {
      presence.agentStates = agents.map(([agent, online, machines]) => ({
        agent,
        site: 'brest',
        online,
        lastHeardAt: 0,
        health: health(machines),
      }));
    },
    async lookAfter(ms: number): Promise<readonly string[]> {
      now += ms;
      await retired.look();
      return [PUMP, OVEN].filter((machine) => retired.has(machine));
    },
  };
}

describe('a machine of the catalogue', () => {
  test('is retired once its agent is online without it, and back when it is configured again', async () => {
    const { agents, lookAfter } = await site();
    agents([STREAM.agent, true, ['pump-01']]);
    expect(await lookAfter(0)).toEqual([]);
    expect(await lookAfter(HOLD_MS)).toEqual([OVEN]);
    agents([STREAM.agent, true, ['pump-01', 'oven-01']]);
    expect(await lookAfter(1)).toEqual([]);
  });

  test('is not retired while an agent that ever delivered is away or was not heard', async () => {
    const { agents, lookAfter, store } = await site();
    expect(await lookAfter(HOLD_MS)).toEqual([]);
    agents([STREAM.agent, false, ['pump-01']]);
    await lookAfter(0);
    expect(await lookAfter(2 * HOLD_MS)).toEqual([]);
    await store.openStream({ agent: 'brest/edge-2', epoch: 'fedcba9876543210' });
    agents([STREAM.agent, true, ['pump-01']]);
    await lookAfter(0);
    expect(await lookAfter(2 * HOLD_MS)).toEqual([]);
    agents([STREAM.agent, true, ['pump-01']], ['brest/edge-2', true, []]);
    await lookAfter(0);
    expect(await lookAfter(HOLD_MS)).toEqual([OVEN]);
  });
});
