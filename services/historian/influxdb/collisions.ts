import type { SignalNo } from '#domain/sample-store.ts';
import { parseSignalId } from '#domain/asset-path.ts';
import { bigintIn, identifier, literal, numberIn, rowsOf } from './influxql.ts';
import { clampTime, tagText } from './line-protocol.ts';
import type { Query } from './sample-queries.ts';
import type { SignalRegistry } from './signal-registry.ts';

/** Times of one machine that lie closer than this are asked for together. */
const CLUSTER_NS = 5_000_000_000n;
const STATEMENTS_PER_QUERY = 20;

export type SlotKey = `${SignalNo}:${string}`;

export const slotKey = (no: SignalNo, timeNs: bigint): SlotKey => `${no}:${clampTime(timeNs)}`;

interface Slot {
  /** Collision number to the order of the record that has it. */
  readonly taken: Map<number, bigint>;
}

/**
 * Which points stand at times that come again. Two samples of one signal at one time would be one point: each further one
 * gets the tag `n` = 1, 2, .... A record that comes again finds the numbers it had: what others have is left out, and
 * the least free ones are taken in its order, as the first time.
 */
export class Collisions {
  readonly #slots = new Map<SlotKey, Slot>();
  /** Records whose earlier attempt was put aside, by slot. */
  readonly #renewed = new Set<string>();

  constructor(keys: Iterable<SlotKey>) {
    for (const key of keys) this.#slots.set(key, { taken: new Map() });
  }

  get size(): number {
    return this.#slots.size;
  }

  isContested(key: SlotKey): boolean {
    return this.#slots.has(key);
  }

  /** Reads what InfluxDB holds there. */
  async load(query: Query, registry: SignalRegistry): Promise<void> {
    const statements = this.#statements(registry);
    for (let from = 0; from < statements.length; from += STATEMENTS_PER_QUERY) {
      const answers = await query(statements.slice(from, from + STATEMENTS_PER_QUERY).join('; '));
      for (const series of answers.flat()) {
        const { site = '', machine = '', signal = '' } = series.tags;
        for (const row of rowsOf([series])) this.#note(registry.noOfTags(site, machine, signal), row);
      }
    }
  }

  #note(no: SignalNo | undefined, row: Readonly<Record<string, unknown>>): void {
    if (no === undefined) return;
    const { time, n, seq } = row as Record<string, string | number | null>;
    const slot = this.#slots.get(`${no}:${bigintIn(time)}`);
    slot?.taken.set(numberIn(n), bigintIn(seq));
  }

  #statements(registry: SignalRegistry): string[] {
    const byMachine = new Map<string, bigint[]>();
    for (const key of this.#slots.keys()) {
      const [no, time] = key.split(':');
      const parts = parseSignalId(registry.id(Number(no)) ?? '');
      if (!parts) continue;
      const machine = `${parts.site}/${parts.machine}`;
      const times = byMachine.get(machine);
      if (times) times.push(BigInt(time ?? 0));
      else byMachine.set(machine, [BigInt(time ?? 0)]);
    }
    return [...byMachine].flatMap(([machine, times]) => {
      const [site = '', id = ''] = machine.split('/');
      const kinds = registry
        .kindsOf(`${site}/${id}`)
        .map((kind) => identifier(tagText(kind)))
        .join(', ');
      return clusters(times).map(
        ([from, to]) =>
          `SELECT "seq", "n" FROM ${kinds} WHERE "site" = ${literal(site)} AND "machine" = ${literal(id)} AND time >= ${from} AND time <= ${to} GROUP BY "site", "machine", "signal"`,
      );
    });
  }

  /** The collision number for the next sample of record `order` at `key`. */
  take(key: SlotKey, order: bigint): number {
    const slot = this.#slots.get(key);
    if (!slot) return 0;
    const renewal = `${key}:${order}`;
    if (!this.#renewed.has(renewal)) {
      this.#renewed.add(renewal);
      for (const [n, owner] of slot.taken) if (owner === order) slot.taken.delete(n);
    }
    let n = 0;
    while (slot.taken.has(n)) n += 1;
    slot.taken.set(n, order);
    return n;
  }
}

function clusters(times: bigint[]): [bigint, bigint][] {
  const found: [bigint, bigint][] = [];
  for (const time of times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = found.at(-1);
    if (last && time - last[0] <= CLUSTER_NS) last[1] = time;
    else found.push([time, time]);
  }
  return found;
}
