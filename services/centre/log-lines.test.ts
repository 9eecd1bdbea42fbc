import { expect, it } from 'vitest';
import { EchoLimit } from './echo-limit.ts';
import { parseNoteworthy, parseReadyLine } from './log-lines.ts';

it('tells a ready line from everything else', () => {
  expect(parseReadyLine('{"ready":true,"name":"broker","tcpPort":1883}')).toMatchObject({
    name: 'broker',
    tcpPort: 1883,
  });
  for (const line of ['', 'ready', '{"ready":false}', '{"ready":true', '{"msg":"ready"}'])
    expect(parseReadyLine(line)).toBeUndefined();
});

it('shows warnings and errors in short, with the cause', () => {
  expect(parseNoteworthy('{"level":30,"msg":"up"}')).toBeUndefined();
  expect(parseNoteworthy('plain')).toBeUndefined();
  expect(parseNoteworthy('{"level":40,"msg":"slow"}')).toEqual({ severity: 'warning', text: 'slow' });
  expect(parseNoteworthy('{"level":50,"msg":"failed","err":{"message":"no room"}}')).toEqual({
    severity: 'error',
    text: 'failed: no room',
  });
  expect(parseNoteworthy('{"level":60}')).toEqual({ severity: 'error', text: '{"level":60}' });
});

it('counts what it hides of a flood', () => {
  const limit = new EchoLimit();
  const shown = Array.from({ length: 25 }, (_unused, n) => limit.admit(n)).filter(({ show }) => show);
  expect(shown).toHaveLength(10);
  expect(limit.admit(10_000)).toEqual({ show: true, hidden: 15 });
  expect(limit.admit(10_001)).toEqual({ show: true, hidden: 0 });
});
