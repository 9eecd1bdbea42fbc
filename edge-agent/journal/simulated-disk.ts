import { dirname } from 'node:path';
import { StartError } from '#platform/errors.ts';
import type { Disk, DiskFile } from './disk.ts';

interface Write {
  readonly position: number;
  readonly bytes: Uint8Array;
}
type FileChange = Write | { readonly length: number };

interface Inode {
  content: Uint8Array;
  synced: Uint8Array;
  /** Since the last sync. */
  changes: FileChange[];
}

type NameChange = { readonly path: string; readonly inode: Inode | undefined };

/** A number of [0, 1) per call; the same seed, the same numbers (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A disk in memory that is as unkind as a real one may be: on {@link SimulatedDisk.crash} each write that was not synced survives,
 * is torn, or is dropped, whatever came later; names that were not synced survive up to some point in their order. Short
 * writes, a bound, and damage can be asked for. For tests and seeded simulation.
 */
export class SimulatedDisk implements Disk {
  readonly #random: () => number;
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  #isLocked = false;
  /** Bytes that all files may hold together. */
  capacity = Infinity;
  shortWrites = false;
  /** Changing calls that still go through; then the power is off: no call settles any more. */
  callsLeft = Infinity;
  /** Called with what a file held when its name goes. */
  onUnlink: (path: string, content: Uint8Array) => void = () => {};
  /** What was done, in order: `write path`, `sync path`, `unlink path`, ... */
  readonly trace: string[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  get isOff(): boolean {
    return this.callsLeft <= 0;
  }

  /** The disk as it is when power comes back: what was not durable may be gone. This one stays off for good. */
  crash(): SimulatedDisk {
    this.callsLeft = 0;
    const survivors = Math.floor(this.#random() * (this.#nameChanges.length + 1));
    for (const { path, inode } of this.#nameChanges.slice(0, survivors)) this.#applyName(path, inode);
    const next = new SimulatedDisk(Math.floor(this.#random() * 2 ** 32));
    next.shortWrites = this.shortWrites;
    next.capacity = this.capacity;
    for (const [path, inode] of this.#durableNames) {
      const content = this.#afterCrash(inode);
      const survived = { content, synced: content.slice(), changes: [] };
      next.#names.set(path, survived);
      next.#durableNames.set(path, survived);
    }
    return next;
  }

  #afterCrash({ synced, changes }: Inode): Uint8Array<ArrayBuffer> {
    let content = resized(synced, synced.length);
    for (const change of changes) {
      if (this.#random() < 0.4) continue;
      if ('length' in change) content = resized(content, change.length);
      else {
        const whole = this.#random() < 0.6;
        const length = whole ? change.bytes.length : Math.floor(this.#random() * change.bytes.length);
        content = written(content, change.position, change.bytes.subarray(0, length));
      }
    }
    return content;
  }

  #applyName(path: string, inode: Inode | undefined): void {
    if (inode) this.#durableNames.set(path, inode);
    else this.#durableNames.delete(path);
  }

  /** Flips one bit of a file, as a bad sector would. */
  damage(path: string, position: number): void {
    const inode = this.#inode(path);
    inode.content[position] = (inode.content[position] ?? 0) ^ 0x10;
    inode.synced = inode.content.slice();
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  sizeOf(path: string): number {
    return this.#inode(path).content.length;
  }

  /** What a power cut now would surely leave of a file. */
  syncedContent(path: string): Uint8Array {
    return this.#inode(path).synced;
  }

  get usedBytes(): number {
    return [...this.#names.values()].reduce((sum, { content }) => sum + content.length, 0);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return inode;
  }

  /** One changing call: it has its effect at once, or, when the power is off, never settles. */
  #change<T>(what: string, effect: () => T): Promise<T> {
    this.callsLeft -= 1;
    if (this.callsLeft < 0) return new Promise(() => {});
    this.trace.push(what);
    return new Promise((resolve) => resolve(effect()));
  }

  #rename(path: string, inode: Inode | undefined): void {
    if (inode) this.#names.set(path, inode);
    else this.#names.delete(path);
    this.#nameChanges.push({ path, inode });
  }

  async lock(dir: string): Promise<() => void> {
    if (this.#isLocked)
      throw new StartError('JOURNAL_IN_USE', `the journal in ${dir} is in use`, 'other agents');
    this.#isLocked = true;
    return () => {
      this.#isLocked = false;
    };
  }

  async ensureDir(): Promise<void> {}

  async list(dir: string): Promise<string[]> {
    const inside = [...this.#names.keys()].filter((path) => path.startsWith(`${dir}/`));
    return [...new Set(inside.map((path) => path.slice(dir.length + 1).split('/')[0] ?? ''))];
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    if (mode === 'create')
      await this.#change(`create ${path}`, () =>
        this.#rename(path, { content: new Uint8Array(), synced: new Uint8Array(), changes: [] }),
      );
    return this.#fileOf(path, this.#inode(path));
  }

  #fileOf(path: string, inode: Inode): DiskFile {
    return {
      write: (bytes, position) => this.#change(`write ${path}`, () => this.#write(inode, bytes, position)),
      read: async (into, position) => {
        const part = inode.content.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      sync: () =>
        this.#change(`sync ${path}`, () => {
          inode.synced = inode.content.slice();
          inode.changes = [];
        }),
      truncate: (length) =>
        this.#change(`truncate ${path}`, () => {
          inode.content = resized(inode.content, length);
          inode.changes.push({ length });
        }),
      size: async () => inode.content.length,
      close: async () => {},
    };
  }

  #write(inode: Inode, bytes: Uint8Array, position: number): number {
    const grows = Math.max(0, position + bytes.length - inode.content.length);
    const room = Math.max(0, this.capacity - this.usedBytes);
    let length = bytes.length - Math.max(0, grows - room);
    if (length <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    if (this.shortWrites && length > 1 && this.#random() < 0.3)
      length = 1 + Math.floor(this.#random() * (length - 1));
    const part = bytes.slice(0, length);
    inode.content = written(inode.content, position, part);
    inode.changes.push({ position, bytes: part });
    return length;
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.#names.get(path)?.content.slice();
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(`rename ${from} ${to}`, () => {
      const inode = this.#inode(from);
      this.#names.delete(from);
      this.#names.set(to, inode);
      // The old name goes when the new one is there, as on journaling file systems.
      this.#nameChanges.push({ path: to, inode }, { path: from, inode: undefined });
    });
  }

  unlink(path: string): Promise<void> {
    return this.#change(`unlink ${path}`, () => {
      this.onUnlink(path, this.#inode(path).content);
      this.#rename(path, undefined);
    });
  }

  removeDir(dir: string): Promise<void> {
    return this.#change(`removeDir ${dir}`, () => {
      for (const path of this.#names.keys()) if (path.startsWith(`${dir}/`)) this.#rename(path, undefined);
    });
  }

  syncDir(dir: string): Promise<void> {
    return this.#change(`syncDir ${dir}`, () => {
      const rest: NameChange[] = [];
      for (const change of this.#nameChanges) {
        if (dirname(change.path) === dir) this.#applyName(change.path, change.inode);
        else rest.push(change);
      }
      this.#nameChanges = rest;
    });
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.capacity - this.usedBytes);
  }
}

function resized(content: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(content.subarray(0, length));
  return out;
}

function written(content: Uint8Array, position: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = resized(content, Math.max(content.length, position + bytes.length));
  out.set(bytes, position);
  return out;
}
