import { closeSync, createReadStream, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StartError, codeOf, messageOf } from '#platform/errors.ts';
import { DelayEstimate } from './sample-timing.ts';

/** Format of a recorded machine, described in `simulators/replay/README.md`. Lines of JSON, one file. */
export const RECORDING_VERSION = 1;

export interface RecordingHeader {
  readonly recording: number;
  /** When it was begun: ISO 8601, UTC, by the clock of the recorder. */
  readonly madeAt: string;
  readonly endpointUrl: string;
  readonly applicationUri: string;
  readonly serverName: string;
  /** NamespaceArray: every namespace index in the file is a place in it. */
  readonly namespaces: readonly string[];
  /** The machine's object. */
  readonly root: string;
}

export type RecordedClass =
  'Object' | 'Variable' | 'Method' | 'ObjectType' | 'VariableType' | 'DataType' | 'ReferenceType' | 'View';

export type RecordedText = readonly [locale: string | null, text: string | null];
export type RecordedReference = readonly [type: string, isForward: boolean, target: string];

export interface RecordedField {
  readonly name: string;
  /** Of a structure's field. */
  readonly dataType?: string;
  readonly valueRank?: number;
  readonly dimensions?: readonly number[];
  readonly isOptional?: boolean;
  /** Of an enumeration's value; 64-bit digits. */
  readonly value?: string;
  readonly display?: RecordedText;
}

export interface RecordedDefinition {
  /** StructureType of OPC 10000-3, 8.49; absent: an enumeration. */
  readonly structureType?: number;
  readonly fields: readonly RecordedField[];
}

/** A node as it was read. Node ids are written `ns=2;s=...` by the header's namespaces. */
export interface RecordedNode {
  readonly id: string;
  readonly class: RecordedClass;
  readonly name: readonly [namespace: number, name: string];
  readonly display: RecordedText;
  readonly description?: RecordedText;
  readonly references: readonly RecordedReference[];
  readonly isAbstract?: boolean;
  readonly isSymmetric?: boolean;
  readonly inverseName?: RecordedText;
  readonly eventNotifier?: number;
  readonly dataType?: string;
  readonly valueRank?: number;
  readonly dimensions?: readonly number[];
  readonly definition?: RecordedDefinition;
  /** Its value when it was read; absent: it could not be. */
  readonly value?: RecordedValue;
}

/**
 * Source time in ms since 1970 and 100 ns units below (null: the server gave none), StatusCode, and the Variant in the OPC UA
 * binary encoding as base64 ('' for none).
 */
export type RecordedValue = readonly [
  sourceMs: number | null,
  below: number,
  statusCode: number,
  variant: string,
];

/** A value of the variable at this place of the list of watched ones. */
export type RecordedSample = readonly [variable: number, ...RecordedValue];

export interface RecordedEnd {
  readonly reason: string;
  readonly samples: number;
  readonly durationMs: number;
  /** Values with the overflow bit: some were lost in the server before each of them. */
  readonly overflows: number;
  /** Messages of the server that never came. */
  readonly missedMessages: number;
}

export type RecordingLine =
  | RecordingHeader
  | { readonly node: RecordedNode }
  | { readonly space: { readonly nodes: number } }
  | { readonly watched: readonly string[]; readonly refused: readonly (readonly [string, string])[] }
  | { readonly at: number; readonly samples: readonly RecordedSample[] }
  | { readonly end: RecordedEnd };

/** Appends lines to a new file; what was written is there whatever happens to the process. */
export class RecordingWriter {
  bytes = 0;
  readonly #path: string;
  #file: number | undefined;

  /** @throws StartError where the file cannot be made, or is there already. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'wx');
    } catch (error) {
      const isThere = codeOf(error) === 'EEXIST';
      throw new StartError(
        'RECORDING_NOT_WRITTEN',
        isThere ? `${path} is there already` : `${path} cannot be written: ${messageOf(error)}`,
        isThere ? 'give another name with --to, or remove it' : 'that the folder exists and may be written',
        { cause: error },
      );
    }
  }

  write(...lines: readonly RecordingLine[]): void {
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    this.bytes += bytes.length;
    // A full disk answers with a short write, not with an error: go on until all is out.
    for (let at = 0; this.#file !== undefined && at < bytes.length;)
      at += writeSync(this.#file, bytes, at, bytes.length - at);
  }

  /** A file into which nothing was written does not stay: the next attempt may have its name. */
  close(): void {
    if (this.#file === undefined) return;
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = undefined;
    if (this.bytes === 0) rmSync(this.#path);
  }
}

/** What a replay knows of a recording before it plays: all but the values after the first of each variable. */
export interface MachineRecording {
  readonly file: string;
  readonly header: RecordingHeader;
  readonly nodes: readonly RecordedNode[];
  readonly watched: readonly string[];
  /** The first sample of each watched variable; absent where none came. */
  readonly first: readonly (RecordedSample | undefined)[];
  readonly samples: number;
  readonly durationMs: number;
  /** Time since the start less source time of a value that came at once. */
  readonly delayMs: number;
  /** The recorder was killed: the samples up to its last whole line are there. */
  readonly isTorn: boolean;
}

const refused = (file: string, what: string, check: string): StartError =>
  new StartError('RECORDING_REFUSED', `${file} ${what}`, check);

const RECORD_AGAIN = 'that the file was copied whole; else record the machine again';

/** Each line with whether it is the last one. @throws StartError */
async function* linesOf(file: string): AsyncGenerator<{ readonly line: string; readonly number: number }> {
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
      number += 1;
      yield { line, number };
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    const why = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw refused(file, why, 'the path and its permissions');
  }
}

function parseHeader(file: string, line: string): RecordingHeader {
  const header = parse(line) as Partial<RecordingHeader> | undefined;
  if (header?.recording === undefined || !Array.isArray(header.namespaces))
    throw refused(
      file,
      'is not a recorded machine',
      'that it was made by `npm run simulators -- record`; a CSV needs a mapping, see simulators/replay/README.md',
    );
  if (header.recording !== RECORDING_VERSION)
    throw refused(
      file,
      `is a recording of version ${header.recording}; version ${RECORDING_VERSION} is read here`,
      'that this program is as new as the one that made the file',
    );
  return header as RecordingHeader;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

interface Building {
  header?: RecordingHeader;
  readonly nodes: RecordedNode[];
  isSpaceWhole: boolean;
  watched: readonly string[];
  first: (RecordedSample | undefined)[];
  samples: number;
  durationMs: number;
  readonly delay: DelayEstimate;
  end: RecordedEnd | undefined;
}

/** Reads a recording through once. @throws StartError that says what is wrong with it. */
export async function openRecording(file: string): Promise<MachineRecording> {
  const building: Building = {
    nodes: [],
    isSpaceWhole: false,
    watched: [],
    first: [],
    samples: 0,
    durationMs: 0,
    delay: new DelayEstimate(),
    end: undefined,
  };
  let torn: number | undefined;
  for await (const { line, number } of linesOf(file)) {
    if (building.header === undefined) {
      building.header = parseHeader(file, line);
      continue;
    }
    // Only the last line may be torn: the recorder died while it wrote.
    if (torn !== undefined) throw refused(file, `is damaged at line ${torn}`, RECORD_AGAIN);
    const parsed = parse(line);
    if (parsed === undefined) torn = number;
    else take(building, parsed as RecordingLine);
  }
  const { header, nodes, watched, first, samples, durationMs, delay, end } = building;
  if (header === undefined) throw refused(file, 'is empty', RECORD_AGAIN);
  if (!building.isSpaceWhole)
    throw refused(file, `ends after ${nodes.length} nodes, before the machine was captured`, RECORD_AGAIN);
  const delayMs = delay.delayMs ?? -Date.parse(header.madeAt);
  return { file, header, nodes, watched, first, samples, durationMs, delayMs, isTorn: end === undefined };
}

function take(building: Building, line: RecordingLine): void {
  if ('node' in line) building.nodes.push(line.node);
  else if ('watched' in line) {
    building.watched = line.watched;
    building.first = line.watched.map(() => undefined);
  } else if ('space' in line) building.isSpaceWhole = line.space.nodes === building.nodes.length;
  else if ('end' in line) building.end = line.end;
  else if ('samples' in line) {
    // First values may be old: they tell nothing of the way.
    building.delay.take(
      line.samples.filter(([variable]) => building.first[variable] !== undefined),
      line.at,
    );
    for (const sample of line.samples) building.first[sample[0]] ??= sample;
    building.samples += line.samples.length;
    building.durationMs = line.at;
  }
}

/** The samples in the order in which they came, each with the ms since the start at which it did. */
export async function* samplesOf(
  file: string,
): AsyncGenerator<{ readonly at: number; readonly samples: readonly RecordedSample[] }> {
  for await (const { line } of linesOf(file)) {
    if (!line.startsWith('{"at":')) continue;
    const parsed = parse(line) as { at: number; samples: readonly RecordedSample[] } | undefined;
    if (parsed) yield parsed;
  }
}
