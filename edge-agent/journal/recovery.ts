import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { findMagic, producedBy, readFrame, type Frame } from './frame.ts';
import type { Notification } from './journal.ts';
import type { Loss } from './losses.ts';
import { DAMAGED_SUFFIX } from './quarantine.ts';
import { Segment, firstOfName, readSegmentHeader, type SegmentHeader } from './segment.ts';

export interface Recovered {
  readonly segments: Segment[];
  readonly head: number;
  readonly journaled: number;
  readonly discarded: number;
  readonly declaredLost: number;
  readonly notifications: Map<string, Notification>;
  readonly losses: readonly Loss[];
  /** Bytes behind the last whole group that were cut. */
  readonly cutBytes: number;
}

/** Where the records that matter begin: from the state file. */
export interface Start {
  readonly sequence: number;
  readonly samplesBefore: number;
}

interface Walk {
  /** Offset behind the last frame of the last whole group, and that frame's sequence. */
  end: number;
  last: number;
  frames: number;
}

/**
 * Reads what an epoch's folder holds after a stop of any kind. Sealed segments are trusted until they are read;
 * the last one is walked: a torn tail (never acknowledged to anybody) is cut, damage before it is kept for the reader
 * to find. `undefined` when the folder holds no segment.
 */
export async function recoverEpoch(disk: Disk, dir: string, start: Start): Promise<Recovered | undefined> {
  const found = await openSegments(disk, dir);
  const newest = found.at(-1);
  if (!newest) return undefined;
  const { segment, header } = newest;
  found.forEach((one, i) => {
    one.segment.last = (found[i + 1]?.segment.first ?? one.segment.first) - 1;
  });
  const tail = newTail(header);
  const walk = await walkLast(disk, segment, tail);
  const size = segment.length;
  await cut(disk, segment, walk);
  const oldest = found[0];
  const losses: Loss[] = [];
  if (oldest && oldest.segment.first > start.sequence) {
    losses.push({
      ranges: [[start.sequence, oldest.segment.first - 1]],
      samples: Math.max(0, oldest.segment.samplesBefore - start.samplesBefore),
      cause: 'journal-corrupt',
    });
  }
  return {
    segments: found.map((one) => one.segment),
    head: segment.last,
    journaled: tail.journaled,
    discarded: header.discarded,
    declaredLost: tail.declaredLost,
    notifications: tail.notifications,
    losses,
    cutBytes: size - walk.end,
  };
}

interface Tail {
  journaled: number;
  declaredLost: number;
  notifications: Map<string, Notification>;
}

const newTail = (header: SegmentHeader): Tail => ({
  journaled: header.journaled,
  declaredLost: header.declaredLost,
  notifications: new Map(Object.entries(header.notifications)),
});

async function openSegments(disk: Disk, dir: string): Promise<{ segment: Segment; header: SegmentHeader }[]> {
  const names = (await disk.list(dir)).filter((name) => firstOfName(name) !== undefined).sort();
  const found: { segment: Segment; header: SegmentHeader }[] = [];
  for (const name of names) {
    const path = join(dir, name);
    const file = await disk.open(path, 'read');
    try {
      const read = await readSegmentHeader(file);
      if (read) {
        const sizes = { headerEnd: read.end, length: await file.size() };
        found.push({ segment: new Segment(disk, dir, read.header, sizes), header: read.header });
        continue;
      }
    } finally {
      await file.close();
    }
    // A segment gets its name when its header is durable: this is damage. The file is kept aside, and what is
    // missing shows as a hole before the next segment.
    await disk.rename(path, `${path}${DAMAGED_SUFFIX}`);
  }
  return found;
}

async function walkLast(disk: Disk, segment: Segment, tail: Tail): Promise<Walk> {
  const bytes = Buffer.from((await disk.readFile(segment.path)) ?? []);
  const walk: Walk = { end: segment.headerEnd, last: segment.first - 1, frames: 0 };
  let offset = segment.headerEnd;
  let expected = segment.first;
  let group: Frame[] = [];
  for (;;) {
    const frame = readFrame(bytes, offset);
    if (frame && frame.sequence === expected) {
      group.push(frame);
      segment.note(expected, offset, frame.journaledAtMs);
      offset += frame.length;
      expected += 1;
      if (!frame.last) continue;
      for (const one of group) count(tail, one);
      walk.frames += group.length;
      Object.assign(walk, { end: offset, last: frame.sequence });
      group = [];
      continue;
    }
    const next = damagedBefore(bytes, offset, expected);
    if (!next) return walk;
    group = [];
    offset = next.offset;
    expected = next.frame.sequence;
    tail.journaled = next.frame.samplesBefore;
  }
}

/**
 * Tells damage from a torn tail. A frame says which records were durable when it was written: if one behind `offset`
 * says so of `expected`, then `expected` was lost later. Answers the first sound frame to go on with.
 */
function damagedBefore(
  bytes: Buffer,
  offset: number,
  expected: number,
): { frame: Frame; offset: number } | undefined {
  let first: { frame: Frame; offset: number } | undefined;
  for (let at = findMagic(bytes, offset); at >= 0; at = findMagic(bytes, at + 1)) {
    const frame = readFrame(bytes, at);
    if (!frame || frame.sequence <= expected) continue;
    first ??= { frame, offset: at };
    if (frame.sequence - 1 - frame.commitIndex >= expected) return first;
  }
  return undefined;
}

function count(tail: Tail, frame: Frame): void {
  tail.journaled = frame.samplesBefore + producedBy(frame);
  if (frame.kind === 'drop') tail.declaredLost += frame.samples;
  if (frame.notification) tail.notifications.set(frame.machineId, frame.notification);
}

/** What is kept becomes durable (after a kill it may be in the page cache only), what is torn goes. */
async function cut(disk: Disk, segment: Segment, walk: Walk): Promise<void> {
  const file = await disk.open(segment.path, 'write');
  try {
    if (segment.length > walk.end) await file.truncate(walk.end);
    await file.sync();
  } finally {
    await file.close();
  }
  segment.length = walk.end;
  segment.last = walk.last;
}
