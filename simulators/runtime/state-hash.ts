import { createHash } from 'node:crypto';

/** Tables that say what a machine is, not how it is; and what the sinks reuse. */
const NOT_STATE = new Set(['signals', 'tick', 'timeMs', 'startMs']);

/**
 * SHA-256 over every ordinary field that can be reached from `root`, in a fixed order: numbers, texts, flags,
 * lists, maps. Two plants of equal hash go on alike. Absolute time is left out, so that a plant that was
 * reset later has the hash that it had at its start.
 */
export function stateHash(root: object): string {
  const hash = createHash('sha256');
  const seen = new Map<object, number>();
  const visit = (value: unknown): void => {
    if (typeof value === 'function' || value === undefined) return;
    if (typeof value !== 'object' || value === null) {
      hash.update(typeof value === 'bigint' ? `${value}n;` : `${encode(value)};`);
      return;
    }
    const before = seen.get(value);
    if (before !== undefined) {
      hash.update(`@${before};`);
      return;
    }
    seen.set(value, seen.size);
    for (const [key, entry] of entriesOf(value)) {
      if (NOT_STATE.has(key)) continue;
      hash.update(`${key}:`);
      visit(entry);
    }
  };
  visit(root);
  return hash.digest('hex');
}

const encode = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value));

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  if (value instanceof Map)
    return [...value].map(([key, entry], i) => [`${i}`, [key, entry] as unknown] as const);
  if (ArrayBuffer.isView(value)) return [['bytes', Buffer.from(value.buffer).toString('base64')]];
  return Object.entries(value);
}
