import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter } from '../../byte-writer.ts';
import { Encoding, encodeByteStreams, encodeDelta, encodePlaces, encodePresence } from './encodings.ts';
import { binary, i32, struct, writeStruct, type Struct } from './thrift.ts';
import { bytesDictionary, plainBytes, wordDictionary } from './value-dictionary.ts';

/** Physical types, by their numbers in the format. */
export const Physical = { int32: 1, int64: 2, double: 5, bytes: 6 } as const;
export type Physical = (typeof Physical)[keyof typeof Physical];

export interface ColumnSpec {
  readonly name: string;
  readonly physical: Physical;
  /** `ConvertedType` of the format: what the physical values mean. */
  readonly converted?: number;
  readonly optional?: boolean;
  /** Columns that queries are cut by carry the smallest and largest value of each row group. */
  readonly bounds?: boolean;
}

/** The values of one row group; rows without a value are left out of them. */
export interface ColumnData {
  readonly values: Uint32Array | readonly Uint8Array[];
  /** Values, not words. */
  readonly count: number;
  /** One byte a row, 1 = has a value; for optional columns. */
  readonly present?: Uint8Array;
}

/** One column of one row group, ready for the file. */
export interface ColumnChunk {
  readonly bytes: Uint8Array;
  readonly uncompressedBytes: number;
  /** Where the data page begins; the dictionary, if any, comes before it. */
  readonly dataAt: number;
  readonly encoding: Encoding;
  readonly statistics: Struct | undefined;
}

const CANDIDATES: Readonly<Record<Physical, readonly Encoding[]>> = {
  [Physical.int32]: [Encoding.dictionary, Encoding.delta, Encoding.plain],
  [Physical.int64]: [Encoding.dictionary, Encoding.delta, Encoding.plain],
  [Physical.double]: [Encoding.dictionary, Encoding.byteStreamSplit, Encoding.plain],
  [Physical.bytes]: [Encoding.dictionary, Encoding.plain],
};

/** Values that the encodings are compared on. */
const TRIAL_VALUES = 32_768;
const TRIAL_PLACES = 4;

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

interface Encoded {
  readonly data: Uint8Array;
  readonly dictionary?: Uint8Array | undefined;
  readonly distinct?: number;
}

/** Encodes one column of a file, each row group in the encoding that some of its values take least bytes in. */
export class ColumnEncoder {
  readonly spec: ColumnSpec;

  constructor(spec: ColumnSpec) {
    this.spec = spec;
  }

  encode(data: ColumnData, rows: number): ColumnChunk {
    const [encoding, encoded] = this.#encodeBest(data);
    const levels = data.present ? encodePresence(data.present, rows) : new Uint8Array();
    const out = new ByteWriter();
    let uncompressedBytes = 0;
    const page = (kind: { readonly type: number } & Struct, body: Uint8Array): void => {
      const packed = zstdCompressSync(body, ZSTD);
      const { type, ...rest } = kind;
      const before = out.length;
      writeStruct(out, { 1: i32(type), 2: i32(body.length), 3: i32(packed.length), ...rest });
      uncompressedBytes += out.length - before + body.length;
      out.write(packed);
    };
    if (encoded.dictionary)
      page(
        { type: 2, 7: struct({ 1: i32(encoded.distinct ?? 0), 2: i32(Encoding.plain) }) },
        encoded.dictionary,
      );
    const dataAt = out.length;
    const header = { 1: i32(rows), 2: i32(encoding), 3: i32(Encoding.rle), 4: i32(Encoding.rle) };
    page({ type: 0, 5: struct(header) }, joined(levels, encoded.data));
    return { bytes: out.bytes, uncompressedBytes, dataAt, encoding, statistics: this.#statistics(data) };
  }

  #encodeBest(data: ColumnData): [Encoding, Encoded] {
    if (data.count === 0) return [Encoding.plain, { data: new Uint8Array() }];
    for (const encoding of this.#ranked(data)) {
      const encoded = encodeAs(encoding, this.spec, data);
      if (encoded) return [encoding, encoded];
    }
    throw new Error('the plain encoding takes every value');
  }

  /** Best first, by trial. */
  #ranked(data: ColumnData): readonly Encoding[] {
    const trial = someValues(data, wordsOf(this.spec));
    const sizes = CANDIDATES[this.spec.physical].map((encoding) => {
      const encoded = encodeAs(encoding, this.spec, trial);
      if (!encoded) return { encoding, bytes: Infinity };
      const { dictionary } = encoded;
      const bytes =
        zstdCompressSync(encoded.data, ZSTD).length +
        (dictionary ? zstdCompressSync(dictionary, ZSTD).length : 0);
      return { encoding, bytes };
    });
    return sizes.toSorted((a, b) => a.bytes - b.bytes).map(({ encoding }) => encoding);
  }

  #statistics({ values, count }: ColumnData): Struct | undefined {
    if (!this.spec.bounds || !(values instanceof Uint32Array) || count === 0) return undefined;
    const words = wordsOf(this.spec);
    const isLess = (i: number, j: number): boolean => {
      const high = ((values[(i + 1) * words - 1] ?? 0) | 0) - ((values[(j + 1) * words - 1] ?? 0) | 0);
      return high < 0 || (high === 0 && (values[i * words] ?? 0) < (values[j * words] ?? 0));
    };
    let min = 0;
    let max = 0;
    for (let i = 1; i < count; i += 1) {
      if (isLess(i, min)) min = i;
      else if (isLess(max, i)) max = i;
    }
    const bytesAt = (i: number): Uint8Array =>
      new Uint8Array(values.buffer, values.byteOffset + i * words * 4, words * 4).slice();
    return { 5: binary(bytesAt(max)), 6: binary(bytesAt(min)) };
  }
}

const wordsOf = ({ physical }: ColumnSpec): 1 | 2 => (physical === Physical.int32 ? 1 : 2);

/** Some from each of a few places: signals that lie far from each other differ. */
function someValues({ values, count }: ColumnData, words: 1 | 2): ColumnData {
  if (count <= TRIAL_VALUES) return { values, count };
  const each = TRIAL_VALUES / TRIAL_PLACES;
  const step = Math.floor((count - each) / (TRIAL_PLACES - 1));
  if (values instanceof Uint32Array) {
    const some = new Uint32Array(TRIAL_VALUES * words);
    for (let i = 0; i < TRIAL_PLACES; i += 1)
      some.set(values.subarray(i * step * words, (i * step + each) * words), i * each * words);
    return { values: some, count: TRIAL_VALUES };
  }
  const some = Array.from({ length: TRIAL_PLACES }, (_, i) => values.slice(i * step, i * step + each));
  return { values: some.flat(), count: TRIAL_VALUES };
}

function encodeAs(encoding: Encoding, spec: ColumnSpec, { values, count }: ColumnData): Encoded | undefined {
  const words = wordsOf(spec);
  if (encoding === Encoding.dictionary) {
    const dictionary =
      values instanceof Uint32Array ? wordDictionary(values, count, words) : bytesDictionary(values);
    if (!dictionary) return undefined;
    return {
      data: encodePlaces(dictionary),
      dictionary: dictionary.values,
      distinct: dictionary.distinct,
    };
  }
  if (!(values instanceof Uint32Array)) return { data: plainBytes(values) };
  if (encoding === Encoding.delta) {
    const data = encodeDelta(values, count, words);
    return data && { data };
  }
  if (encoding === Encoding.byteStreamSplit) return { data: encodeByteStreams(values, count) };
  return { data: new Uint8Array(values.buffer, values.byteOffset, count * words * 4) };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
