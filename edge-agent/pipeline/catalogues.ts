import { z } from 'zod';
import {
  catalogueSignalSchema,
  machineCatalogueSchema,
  type WireCatalogue,
  type WireSignal,
} from '#contracts/catalogue.ts';
import { createAliasTable, setAlias, wireTypeOf, type AliasTable } from '#contracts/sparkplug/record.ts';
import { StartError } from '#platform/errors.ts';
import { replaceFile, type Disk } from '../journal/disk.ts';
import type { SourceMachine, SourceSignal } from './source.ts';

const storedMachineSchema = machineCatalogueSchema.extend({
  /** Signals that are no more, while journaled records may still use their aliases. */
  retired: z.array(catalogueSignalSchema),
  /** The machine left the configuration. */
  removed: z.boolean(),
});
type StoredMachine = z.infer<typeof storedMachineSchema>;

const fileSchema = z.object({
  format: z.literal(1),
  nextAlias: z.int().min(1),
  version: z.int().min(0),
  machines: z.array(storedMachineSchema),
});

const FILE = 'catalogue.json';

/**
 * Aliases and machine metadata, durable. An alias stands for one (machine, path, data type) for ever; a machine's
 * version is the agent-wide count of changes at its last one. What a journaled record may still need is kept.
 */
export class Catalogues {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #machines = new Map<string, StoredMachine>();
  #nextAlias = 1;
  #version = 0;
  #writing: Promise<unknown> = Promise.resolve();
  /** Wire types by alias; `signal` is the alias itself. */
  readonly aliases: AliasTable = createAliasTable(256);
  /** Journal sequence from which on a retired alias, or a removed machine, is not used any more. */
  readonly #unusedFrom = new Map<number | string, number>();

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /** `head`: of the journal. @throws StartError when the journal has records but the aliases are gone. */
  async start(head: number): Promise<void> {
    const bytes = await this.#disk.readFile(`${this.#dir}/${FILE}`);
    if (!bytes) {
      if (head === 0) return;
      throw new StartError(
        'CATALOGUE_LOST',
        `${this.#dir}/${FILE} is gone but the journal has records that need it`,
        'a backup of the file; or move the whole folder away to begin anew (what was not yet delivered stays there)',
      );
    }
    const stored = fileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    this.#nextAlias = stored.nextAlias;
    this.#version = stored.version;
    for (const machine of stored.machines) {
      this.#machines.set(machine.machine.id, machine);
      for (const signal of [...machine.signals, ...machine.retired]) this.#register(signal);
      for (const signal of machine.retired) this.#unusedFrom.set(signal.alias, head + 1);
      if (machine.removed) this.#unusedFrom.set(machine.machine.id, head + 1);
    }
  }

  #register({ alias, dataType, isArray }: WireSignal): void {
    setAlias(this.aliases, alias, wireTypeOf(dataType, isArray), alias);
  }

  ids(): string[] {
    return [...this.#machines.keys()];
  }

  isRemoved(machineId: string): boolean {
    return this.#machines.get(machineId)?.removed ?? true;
  }

  version(machineId: string): number {
    return this.#machines.get(machineId)?.version ?? 0;
  }

  /** Signals that live now. */
  signals(machineId: string): readonly WireSignal[] {
    return this.#machines.get(machineId)?.signals ?? [];
  }

  /** As it goes into births and catalogue records: retired signals included. */
  wire(machineId: string): WireCatalogue | undefined {
    const found = this.#machines.get(machineId);
    if (!found) return undefined;
    const { version, machine, signals, retired } = found;
    return { version, machine, signals: [...retired, ...signals] }; // of one path twice, the living one comes last
  }

  /** Registers or renews a machine; durable when it resolves. `changed`: there is a new version. */
  put(
    machine: SourceMachine,
    signals: readonly SourceSignal[],
  ): Promise<{ aliases: Int32Array; changed: boolean }> {
    return this.#inOrder(async () => {
      const before = this.#machines.get(machine.id);
      const known = new Map(
        [...(before?.retired ?? []), ...(before?.signals ?? [])].map((one) => [keyOf(one), one.alias]),
      );
      let nextAlias = this.#nextAlias;
      const now = signals.map((signal): WireSignal => {
        const alias = known.get(keyOf(signal)) ?? nextAlias++;
        return catalogueSignalSchema.parse({ ...signal, alias });
      });
      const used = new Set(now.map(({ alias }) => alias));
      const retired = [...(before?.signals ?? []), ...(before?.retired ?? [])].filter(
        ({ alias }) => !used.has(alias),
      );
      const next = { machine, signals: now, retired, removed: false };
      const changed = !before || !sameJson({ ...before, version: 0 }, { ...next, version: 0 });
      if (changed) {
        const version = this.#version + 1;
        await this.#save(new Map(this.#machines).set(machine.id, { ...next, version }), {
          nextAlias,
          version,
        });
        now.forEach((signal) => this.#register(signal));
        for (const { alias } of retired)
          if (!this.#unusedFrom.has(alias)) this.#unusedFrom.set(alias, Infinity);
        for (const alias of used) this.#unusedFrom.delete(alias);
        this.#unusedFrom.delete(machine.id);
      }
      return { aliases: Int32Array.from(now, ({ alias }) => alias), changed };
    });
  }

  /** The machine left the configuration; it is forgotten when no record needs it. */
  remove(machineId: string): Promise<void> {
    return this.#inOrder(async () => {
      const found = this.#machines.get(machineId);
      if (!found || found.removed) return;
      await this.#save(new Map(this.#machines).set(machineId, { ...found, removed: true }), {});
      this.#unusedFrom.set(machineId, Infinity);
    });
  }

  /** Nothing journaled at or after `sequence` uses what was retired or removed so far. */
  settled(sequence: number): void {
    for (const [key, from] of this.#unusedFrom) if (from === Infinity) this.#unusedFrom.set(key, sequence);
  }

  /** Forgets what only records before `tail` could need. */
  prune(tail: number): Promise<void> {
    return this.#inOrder(async () => {
      const gone = new Set([...this.#unusedFrom].filter(([, from]) => from <= tail).map(([key]) => key));
      if (gone.size === 0) return;
      const machines = new Map(
        [...this.#machines]
          .filter(([id]) => !gone.has(id))
          .map(([id, one]) => [id, { ...one, retired: one.retired.filter(({ alias }) => !gone.has(alias)) }]),
      );
      await this.#save(machines, {});
      for (const key of gone) this.#unusedFrom.delete(key);
    });
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    return done;
  }

  async #save(
    machines: Map<string, StoredMachine>,
    counts: { nextAlias?: number; version?: number },
  ): Promise<void> {
    const { nextAlias = this.#nextAlias, version = this.#version } = counts;
    const content = { format: 1, nextAlias, version, machines: [...machines.values()] };
    await replaceFile(this.#disk, this.#dir, FILE, Buffer.from(JSON.stringify(content)));
    this.#nextAlias = nextAlias;
    this.#version = version;
    this.#machines.clear();
    for (const [id, machine] of machines) this.#machines.set(id, machine);
  }
}

/** A change of these makes another alias, so that every older record can be read with any newer catalogue. */
const keyOf = (signal: { path: string; dataType: string; isArray?: boolean }): string =>
  `${signal.dataType}|${signal.isArray === true}|${signal.path}`;

function sameJson(a: StoredMachine, b: StoredMachine): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, canonical(one)]),
  );
}
