import { encodeBody } from '#contracts/sparkplug/record-encoder.ts';
import { msToNs } from '#domain/time.ts';
import type { NewRecord } from '../journal/journal.ts';
import type { SourceGap } from './source.ts';

/** An event by its own `type`. */
export type EventBody = Readonly<Record<string, unknown>> & { readonly type: string };

/** A record of the agent's own, without samples. */
export const bodyRecord = (kind: 'gap' | 'event' | 'catalogue' | 'drop', body: unknown): NewRecord => ({
  kind,
  machineId: '',
  catalogueVersion: 0,
  samples: 0,
  content: encodeBody(kind, body),
});

export const gapRecord = ({ machineId, path, from, to, cause }: SourceGap): NewRecord =>
  bodyRecord('gap', { machine: machineId, path, from: String(from), to: String(to), cause });

/** @param nowMs since 1970; `body` may have a time of its own */
export const eventRecord = (body: EventBody, nowMs: number): NewRecord =>
  bodyRecord('event', { time: String(msToNs(nowMs)), ...body });
