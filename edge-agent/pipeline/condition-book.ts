import { z } from 'zod';
import {
  conditionBodySchema,
  conditionKey,
  machineEventSchema,
  type ConditionBody,
  type MachineEvent,
} from '#contracts/condition.ts';
import { createAliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { replaceFile, type Disk } from '../journal/disk.ts';
import type { JournalRecord } from '../journal/journal.ts';

const FILE = 'conditions.json';
const fileSchema = z.object({ format: z.literal(1), conditions: z.array(conditionBodySchema) });

/**
 * The conditions of each machine that are still of interest, as journaled last: what a ConditionRefresh tells once more is known
 * by it, and what it does not tell any more is over. The file may be behind the journal by what its newest records tell again.
 */
export class ConditionBook {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #machines = new Map<string, Map<string, ConditionBody>>();
  #writing: Promise<void> | undefined;
  #isBehind = false;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  async start(): Promise<void> {
    const bytes = await this.#disk.readFile(`${this.#dir}/${FILE}`);
    if (!bytes) return;
    const { data } = fileSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    for (const condition of data?.conditions ?? []) this.#note(condition);
  }

  /** By {@link conditionKey}. */
  of(machineId: string): ReadonlyMap<string, ConditionBody> {
    return this.#machines.get(machineId) ?? new Map<string, ConditionBody>();
  }

  /** This very notification is journaled already. */
  isKnown(event: MachineEvent): boolean {
    if (event.type !== 'condition') return false;
    const known = this.of(event.machine).get(conditionKey(event));
    return known !== undefined && printOf(known) === printOf(event);
  }

  /** Takes a durable record. */
  apply(record: JournalRecord): void {
    if (record.kind !== 'event') return;
    const { body } = decodeRecord(record.metrics, createAliasTable(1), createSampleBatch(1));
    const { data } = machineEventSchema.safeParse(JSON.parse(body ?? 'null'));
    if (data?.type !== 'condition') return;
    this.#note(data);
    this.#isBehind = true;
  }

  #note(condition: ConditionBody): void {
    const key = conditionKey(condition);
    const machine = this.#machines.get(condition.machine) ?? new Map<string, ConditionBody>();
    this.#machines.set(condition.machine, machine);
    if (condition.retain) machine.set(key, condition);
    else machine.delete(key);
  }

  /** Writes what is new; several calls at once become one write. @throws what the disk throws; then the next call tries again */
  save(): Promise<void> {
    if (!this.#isBehind) return this.#writing ?? Promise.resolve();
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#isBehind) {
      this.#isBehind = false;
      const conditions = [...this.#machines.values()].flatMap((machine) => [...machine.values()]);
      try {
        await replaceFile(
          this.#disk,
          this.#dir,
          FILE,
          Buffer.from(JSON.stringify({ format: 1, conditions })),
        );
      } catch (error) {
        this.#isBehind = true;
        throw error;
      }
    }
  }
}

function printOf(condition: ConditionBody): string {
  const { eventId, active, acked, confirmed, shelving, suppressed, retain, severity, message } = condition;
  return JSON.stringify([eventId, active, acked, confirmed, shelving, suppressed, retain, severity, message]);
}
