import type { RecordTimes } from '#contracts/presence.ts';
import type { StreamKey } from '#domain/sample-store.ts';

/** At a hundred records a second the last eleven minutes; 4 MB. */
const KEEP_RECORDS = 65_536;

/** When a record was where: noted once a record, in columns, the oldest overwritten. A person who asks has it looked for. */
export class RecordTimesBook {
  readonly #size: number;
  readonly #streams = new Map<string, number>();
  readonly #stream: Int32Array;
  readonly #sequence: Float64Array;
  readonly #server: Float64Array;
  readonly #journaled: Float64Array;
  readonly #published: Float64Array;
  readonly #received: Float64Array;
  readonly #committed: Float64Array;
  readonly #samples: Int32Array;
  readonly #bytes: Int32Array;
  #next = 0;

  constructor(size = KEEP_RECORDS) {
    this.#size = size;
    this.#stream = new Int32Array(size);
    this.#sequence = new Float64Array(size);
    this.#server = new Float64Array(size);
    this.#journaled = new Float64Array(size);
    this.#published = new Float64Array(size);
    this.#received = new Float64Array(size);
    this.#committed = new Float64Array(size);
    this.#samples = new Int32Array(size);
    this.#bytes = new Int32Array(size);
  }

  /** A record came. Answers the number under which {@link committed} knows it. */
  note(stream: StreamKey, sequence: number, times: Omit<RecordTimes, 'committedAtMs'>): number {
    const number = this.#next;
    this.#next += 1;
    const at = number % this.#size;
    this.#stream[at] = this.#numberOf(stream);
    this.#sequence[at] = sequence;
    this.#server[at] = times.serverTimeMs ?? NaN;
    this.#journaled[at] = times.journaledAtMs ?? NaN;
    this.#published[at] = times.publishedAtMs ?? NaN;
    this.#received[at] = times.receivedAtMs;
    this.#committed[at] = NaN;
    this.#samples[at] = times.samples;
    this.#bytes[at] = times.payloadBytes;
    return number;
  }

  committed(number: number, atMs: number): void {
    if (this.#next - number <= this.#size) this.#committed[number % this.#size] = atMs;
  }

  /** The first delivery of a record that is still in the book and was stored, else the newest one. */
  find({ agent, epoch }: StreamKey, sequence: number): RecordTimes | undefined {
    const stream = this.#streams.get(`${agent} ${epoch}`);
    if (stream === undefined) return undefined;
    let found: number | undefined;
    const least = Math.max(0, this.#next - this.#size);
    for (let number = this.#next - 1; number >= least; number -= 1) {
      const at = number % this.#size;
      if (this.#sequence[at] !== sequence || this.#stream[at] !== stream) continue;
      if (!Number.isNaN(this.#committed[at])) return this.#timesAt(at);
      found ??= at;
    }
    return found === undefined ? undefined : this.#timesAt(found);
  }

  #numberOf({ agent, epoch }: StreamKey): number {
    const key = `${agent} ${epoch}`;
    let number = this.#streams.get(key);
    if (number === undefined) {
      number = this.#streams.size + 1;
      this.#streams.set(key, number);
    }
    return number;
  }

  #timesAt(at: number): RecordTimes {
    return {
      serverTimeMs: known(this.#server[at]),
      journaledAtMs: known(this.#journaled[at]),
      publishedAtMs: known(this.#published[at]),
      receivedAtMs: this.#received[at] ?? NaN,
      committedAtMs: known(this.#committed[at]),
      samples: this.#samples[at] ?? 0,
      payloadBytes: this.#bytes[at] ?? 0,
    };
  }
}

const known = (timeMs: number | undefined): number | undefined =>
  timeMs === undefined || Number.isNaN(timeMs) ? undefined : timeMs;
