import {
  DataType,
  EventNotificationList,
  Variant,
  coerceNodeId,
  type VariantOptions,
} from 'node-opcua-client';
import { expect, test } from 'vitest';
import type { ConditionBody } from '#contracts/condition.ts';
import { conditionBodySchema, conditionKey, machineEventSchema } from '#contracts/condition.ts';
import { fieldsOf, type EventField } from './event-filter.ts';
import { EventReader, toLocalizedText } from './event-reader.ts';

const NAMESPACES = ['http://opcfoundation.org/UA/', 'urn:server', 'urn:machine'];
const AT = new Date('2026-11-22T12:00:00.250Z');

type Given = Partial<Record<EventField, VariantOptions>>;

const condition = (name: string, more: Given = {}): Given => ({
  EventId: { dataType: DataType.ByteString, value: Buffer.from(name) },
  EventType: { dataType: DataType.NodeId, value: coerceNodeId('i=2915') },
  Time: { dataType: DataType.DateTime, value: AT },
  Severity: { dataType: DataType.UInt16, value: 600 },
  Message: { dataType: DataType.LocalizedText, value: { locale: 'en-US', text: `${name} is hot` } },
  ConditionId: { dataType: DataType.NodeId, value: coerceNodeId(`ns=2;s=${name}`) },
  ConditionName: { dataType: DataType.String, value: name },
  BranchId: { dataType: DataType.NodeId, value: coerceNodeId('i=0') },
  Retain: { dataType: DataType.Boolean, value: true },
  'ActiveState/Id': { dataType: DataType.Boolean, value: true },
  'AckedState/Id': { dataType: DataType.Boolean, value: false },
  'ShelvingState/CurrentState/Id': { dataType: DataType.NodeId, value: coerceNodeId('i=2932') },
  ...more,
});
const ofType = (id: number): Given => ({
  EventType: { dataType: DataType.NodeId, value: coerceNodeId(`i=${id}`) },
  Time: { dataType: DataType.DateTime, value: AT },
});
const START = ofType(2787);
const END = ofType(2788);

const listOf = (...events: Given[]): EventNotificationList =>
  new EventNotificationList({
    events: events.map((given) => ({
      clientHandle: 0,
      eventFields: fieldsOf('conditions').map((field) => new Variant(given[field] ?? {})),
    })),
  });

function readerOver(...open: ConditionBody[]): { reader: EventReader; wishes: () => number } {
  let wishes = 0;
  const reader = new EventReader({
    machineId: 'cnc-01',
    conditions: () => new Map(open.map((one) => [conditionKey(one), one])),
    onRefreshWanted: () => (wishes += 1),
  });
  reader.prepare(NAMESPACES, 'conditions');
  return { reader, wishes: () => wishes };
}

test('a message that is known in more languages is told in all of them, in the server’s own words first', () => {
  const texts = [{ en: 'Spindle is hot', ru: 'Шпиндель перегрет', zh: '主轴过热' }];
  const reader = new EventReader({
    machineId: 'cnc-01',
    conditions: () => new Map(),
    onRefreshWanted: () => undefined,
    texts,
  });
  reader.prepare(NAMESPACES, 'conditions');
  expect(reader.read(listOf(condition('Spindle'), condition('Door')), 0)).toMatchObject([
    { message: texts[0] },
    { message: { en: 'Door is hot' } },
  ]);
});

test('a condition has its states, its node with the namespace URI, and its text', () => {
  const { reader } = readerOver();
  const [event] = reader.read(listOf(condition('Spindle')), 0);
  expect(event).toEqual({
    type: 'condition',
    machine: 'cnc-01',
    time: '1795348800250000000',
    eventId: Buffer.from('Spindle').toString('hex'),
    eventType: 'i=2915',
    condition: 'nsu=urn:machine;s=Spindle',
    name: 'Spindle',
    message: { en: 'Spindle is hot' },
    severity: 600,
    active: true,
    acked: false,
    shelving: 'timed',
    retain: true,
  });
  expect(conditionBodySchema.safeParse(JSON.parse(JSON.stringify(event))).error).toBeUndefined();
});

test('after a refresh, what was open and was not told is over; what came before it in the same message counts', () => {
  const { reader } = readerOver();
  const [gone, stays] = reader.read(listOf(condition('Gone'), condition('Stays')), 0) as ConditionBody[];
  const over = readerOver(gone!, stays!).reader;
  const ended = condition('Stays', { Retain: { dataType: DataType.Boolean, value: false } });
  const events = over.read(
    listOf(condition('Fresh'), START, condition('Stays'), condition('Fresh'), END, ended),
    0,
  );
  expect(
    events.map((event) =>
      event.type === 'condition'
        ? `${event.name} ${event.retain} ${event.refreshed ?? event.inferred ?? ''}`
        : event.type,
    ),
  ).toEqual([
    'Fresh true ',
    'Stays true true',
    'Fresh true true',
    'Gone false true',
    'conditions-refreshed',
    'Stays false ',
  ]);
  expect(events[4]).toMatchObject({ retained: ['nsu=urn:machine;s=Stays', 'nsu=urn:machine;s=Fresh'] });
  for (const event of events)
    expect(machineEventSchema.safeParse(JSON.parse(JSON.stringify(event))).error).toBeUndefined();
});

test('an end without a beginning says nothing: it is another client’s, or of a connection before', () => {
  const { reader } = readerOver();
  const [open] = reader.read(listOf(condition('Open')), 0) as ConditionBody[];
  const other = readerOver(open!).reader;
  expect(other.read(listOf(END), 0)).toEqual([]);
  other.read(listOf(START), 0);
  other.forgetRefresh();
  expect(other.read(listOf(END), 0)).toEqual([]);
});

test('lost events and a server that asks for it lead to a refresh; changes of the address space are nobody’s event', () => {
  const { reader, wishes } = readerOver();
  expect(reader.read(listOf(ofType(2789), ofType(2133)), 0)).toEqual([]);
  expect(reader.read(listOf(ofType(3035)), 0)).toMatchObject([{ type: 'events-lost', machine: 'cnc-01' }]);
  expect(wishes()).toBe(2);
});

test('an event without a condition is an event; without a time it has the agent’s', () => {
  const { reader } = readerOver();
  const given = condition('x', {
    ConditionId: {},
    Time: { dataType: DataType.DateTime, value: new Date('1601-01-01T00:00:00Z') },
  });
  expect(reader.read(listOf(given), 5)).toMatchObject([{ type: 'machine-event', time: '5000000' }]);
});

test.each([
  [{ locale: 'de', text: 'Heiß' }, { en: 'Heiß' }],
  [
    { locale: 'ru-RU', text: 'Горячо' },
    { ru: 'Горячо', en: 'Горячо' },
  ],
  [{ locale: null, text: '' }, { en: 'Alarm' }],
  [
    { locale: 'mul', text: '{"t":[["ru","Горячо"],["be-BY","Горача"],["en","Hot"],["fr","Chaud"]]}' },
    { ru: 'Горячо', be: 'Горача', en: 'Hot' },
  ],
  [{ locale: 'mul', text: 'not JSON' }, { en: 'not JSON' }],
  [null, { en: 'Alarm' }],
])('the text %o reads %o', (given, expected) => {
  expect(toLocalizedText(given, 'Alarm')).toEqual(expected);
});
