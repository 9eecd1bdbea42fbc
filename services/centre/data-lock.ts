import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StartError, codeOf } from '#platform/errors.ts';

interface LockHolder {
  readonly pid: number;
  /** Start of that process in clock ticks since boot, where the system tells: a pid alone may be another's by now. */
  readonly startedTicks: string | null;
}

/** Field 22 of /proc/PID/stat; the command name before it is in brackets and may hold anything. */
function startedTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return afterName[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive({ pid, startedTicks: wanted }: LockHolder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return wanted === null || startedTicks(pid) === wanted;
}

function readHolder(file: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Partial<LockHolder> | null;
    if (typeof holder?.pid !== 'number') return undefined;
    return { pid: holder.pid, startedTicks: holder.startedTicks ?? null };
  } catch {
    return undefined; // gone meanwhile, or torn by a crash of the machine: nobody's
  }
}

/** One supervisor per data folder: two would share ports, journal and store. */
export class DataLock {
  readonly #file: string;
  #held = false;

  constructor(root: string) {
    this.#file = path.join(root, 'centre.lock');
  }

  /** @throws StartError when a living supervisor holds the folder */
  acquire(): void {
    const own = `${this.#file}.${process.pid}`;
    const holder: LockHolder = { pid: process.pid, startedTicks: startedTicks(process.pid) };
    writeFileSync(own, JSON.stringify(holder));
    try {
      if (!this.#tryLink(own)) {
        this.#removeStale();
        if (!this.#tryLink(own)) this.#refuse(readHolder(this.#file)?.pid);
      }
      this.#held = true;
    } finally {
      rmSync(own, { force: true });
    }
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    rmSync(this.#file, { force: true });
  }

  /** A hard link appears whole or not at all: nobody ever reads half a lock. */
  #tryLink(own: string): boolean {
    try {
      linkSync(own, this.#file);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  #removeStale(): void {
    const holder = readHolder(this.#file);
    if (holder !== undefined && isAlive(holder)) this.#refuse(holder.pid);
    rmSync(this.#file, { force: true });
  }

  #refuse(pid: number | undefined): never {
    throw new StartError(
      'DATA_IN_USE',
      `Another centre (process ${pid ?? 'unknown'}) already runs on this data folder`,
      `stop it with Ctrl-C in its terminal, or start this one with --data and other ports`,
    );
  }
}
