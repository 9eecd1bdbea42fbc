import type { Hash } from 'node:crypto';
import type { Plant } from '#contracts/config/plant.ts';
import type { ProducedTick, TickSink } from '../model/produced-tick.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import type { TruthRecord, TruthSink } from '../runtime/plant-truth.ts';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isBad, isGood } from '#domain/status-code.ts';
import { isEncoded, isStructure } from '../model/signal.ts';

export interface LedgerMachine {
  readonly id: string;
  readonly kind: string;
  readonly signals: readonly SignalDefinition[];
}

export interface LedgerHeader {
  readonly plant: Pick<Plant, 'site'>;
  readonly seed: number;
  readonly startsAt: string;
  readonly machines: readonly LedgerMachine[];
}

export interface LedgerTotals {
  samples: number;
  good: number;
  uncertain: number;
  bad: number;
}

const FLUSH_CHARACTERS = 1 << 18;

/**
 * Everything that was produced, in the order in which it was produced: the oracle of the proofs.
 * JSON lines; the format is described in `simulators/ledger/README.md`. Without a file only the hash is kept.
 */
export class LedgerWriter implements TickSink, TruthSink {
  readonly totals: LedgerTotals = { samples: 0, good: 0, uncertain: 0, bad: 0 };
  readonly #path: string | undefined;
  readonly #hash: Hash = createHash('sha256');
  #file: number | undefined;
  #pending = '';

  constructor(path?: string) {
    this.#path = path;
  }

  open(header: LedgerHeader): void {
    if (this.#path !== undefined) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#file = openSync(this.#path, 'w');
    }
    const machines = header.machines.map(({ id, kind, signals }) => ({
      id,
      kind,
      signals: signals.map(({ path, dataType, arrayLength }) => ({
        path,
        dataType,
        ...(arrayLength === undefined ? {} : { arrayLength }),
      })),
    }));
    const { seed, startsAt } = header;
    this.#line(JSON.stringify({ ledger: 1, site: header.plant.site, seed, startsAt, machines }));
  }

  accept(machine: number, tick: ProducedTick): void {
    let line = `[${machine},"${tickNs(tick)}"`;
    for (let i = 0; i < tick.signals.length; i += 1) {
      const status = tick.statuses[i] ?? 0;
      line += `,[${tick.signals[i]},${encodeValue(tick.values[i] ?? null)}`;
      line += status === 0 ? ']' : `,${status}]`;
      this.totals.samples += 1;
      if (isGood(status)) this.totals.good += 1;
      else if (isBad(status)) this.totals.bad += 1;
      else this.totals.uncertain += 1;
    }
    this.#line(`${line}]`);
  }

  /** What truly happened: states, counts and energies, beside what the sensors said. */
  observe(record: TruthRecord): void {
    const { type, timeMs, ...rest } = record;
    this.#line(JSON.stringify({ [type]: { time: tickNs({ timeMs, below: 0 }), ...rest } }));
  }

  /** Writes the totals and closes. @returns SHA-256 of all that was written, hexadecimal. */
  close(): string {
    this.#line(JSON.stringify({ totals: this.totals }));
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    return this.#hash.digest('hex');
  }

  #line(text: string): void {
    this.#pending += `${text}\n`;
    if (this.#pending.length >= FLUSH_CHARACTERS) this.flush();
  }

  /** Hands what is pending to the file, so that a reader sees it. */
  flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    this.#hash.update(bytes);
    // A full disk answers with a short write, not with an error: go on until all is out.
    for (let at = 0; this.#file !== undefined && at < bytes.length;)
      at += writeSync(this.#file, bytes, at, bytes.length - at);
  }
}

/** Nanoseconds since 1970 as decimal digits. */
export function tickNs(tick: Pick<ProducedTick, 'timeMs' | 'below'>): string {
  return String(BigInt(tick.timeMs) * 1_000_000n + BigInt(tick.below) * 100n);
}

function encodeValue(value: SignalValue | null): string {
  if (isEncoded(value)) return `"${Buffer.from(value.variant).toString('base64')}"`;
  if (isStructure(value)) return JSON.stringify(value.structure);
  return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value);
}
