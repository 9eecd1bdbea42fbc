import { expect, test } from 'vitest';
import type { ConditionBody } from '#contracts/condition.ts';
import type { EventListener, StoredEvent } from '#domain/sample-store.ts';
import { createLogger } from '#platform/logger.ts';
import { AlarmBoard } from './alarm-board.ts';

const SECOND = 1_000_000_000n;
const T0 = 1_795_348_800n * SECOND;

const at = (seconds: number): string => String(T0 + BigInt(seconds) * SECOND);

interface Body {
  readonly type: string;
  readonly time: string;
  readonly [key: string]: unknown;
}

function stored(sequence: number, body: Body, more: Partial<StoredEvent> = {}): StoredEvent {
  return {
    stream: { agent: 'brest/edge-1', epoch: '00000000000000a1' },
    epochNumber: 1,
    sequence,
    machine: 'brest/cnc-01',
    time: BigInt(body.time),
    body: JSON.stringify(body),
    ...more,
  };
}

function condition(
  sequence: number,
  name: string,
  seconds: number,
  more: Partial<ConditionBody> = {},
): StoredEvent {
  const body = {
    type: 'condition',
    machine: 'cnc-01',
    time: at(seconds),
    eventId: '01',
    condition: `nsu=urn:m;s=${name}`,
    name,
    message: { en: name },
    severity: 600,
    active: true,
    acked: false,
    retain: true,
    ...more,
  } as const;
  return stored(sequence, body, { subject: body.condition, ended: !body.retain });
}

const refreshed = (sequence: number, seconds: number, ...retained: string[]): StoredEvent =>
  stored(
    sequence,
    { type: 'conditions-refreshed', machine: 'cnc-01', time: at(seconds), retained },
    { subject: 'conditions-refreshed' },
  );

async function boardOver(standing: readonly StoredEvent[]) {
  const changes: string[] = [];
  let tell: EventListener = () => undefined;
  const board = new AlarmBoard({
    store: {
      standing: async () => standing,
      onEvent: (listener) => ((tell = listener), () => undefined),
    },
    log: createLogger('test', 'silent'),
    onChange: ({ alarm }) => changes.push(alarm),
  });
  board.start();
  await expect.poll(() => board.isFilled).toBe(true);
  return { board, changes, tell: (event: StoredEvent) => tell(event) };
}
const names = (board: AlarmBoard): string[] => board.list().map(({ name, state }) => `${name}:${state}`);

test('what stands in the store stands at once, the most urgent first, and is no news', async () => {
  const { board, changes } = await boardOver([
    condition(1, 'Low', 1, { severity: 300 }),
    condition(2, 'Old', 2),
    condition(3, 'New', 3),
    condition(4, 'Critical', 0, { severity: 900 }),
    condition(5, 'Gone', 4, { retain: false }),
  ]);
  expect(names(board)).toEqual(['Critical:active', 'New:active', 'Old:active', 'Low:active']);
  expect(changes).toEqual([]);
});

test('an alarm keeps its id and its beginning while it is acknowledged; a late event changes nothing', async () => {
  const { board, changes, tell } = await boardOver([]);
  tell(condition(5, 'Hot', 10));
  const [first] = board.list();
  const { id = '', since = '' } = { ...first };
  tell(condition(7, 'Hot', 20, { acked: true }));
  expect(board.list()).toMatchObject([{ id, since, state: 'acknowledged', acked: true, confirmed: null }]);
  tell(condition(6, 'Hot', 15, { retain: false }));
  expect(names(board)).toEqual(['Hot:acknowledged']);
  tell(condition(8, 'Hot', 30, { acked: true, active: false, retain: false }));
  expect(board.list()).toEqual([]);
  expect(board.find(id)).toBeUndefined();
  expect(changes).toEqual([id, id, id]);
});

test('what a refresh does not name is over; what came after it stands', async () => {
  const { board, changes, tell } = await boardOver([condition(1, 'Stuck', 1), condition(2, 'Named', 2)]);
  tell(refreshed(4, 5, 'nsu=urn:m;s=Named'));
  expect(names(board)).toEqual(['Named:active']);
  expect(changes).toHaveLength(1);
  tell(condition(5, 'Stuck', 6));
  expect(names(board)).toEqual(['Stuck:active', 'Named:active']);
  tell(refreshed(3, 4));
  expect(names(board)).toHaveLength(2);
});

test('an event of a new epoch comes after those of the one before', async () => {
  const { board, tell } = await boardOver([condition(900, 'Hot', 1)]);
  const next = { stream: { agent: 'brest/edge-1', epoch: '00000000000000a2' }, epochNumber: 2 };
  tell({ ...condition(1, 'Hot', 2, { retain: false }), ...next });
  expect(board.list()).toEqual([]);
});
