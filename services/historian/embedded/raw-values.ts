/** Texts, as UTF-8, and bytes of a table's samples, one after the other in one growing buffer. */
export interface PackedRawValues {
  readonly bytes: Uint8Array;
  /** Where each value ends. */
  readonly ends: Uint32Array;
}

const encoder = new TextEncoder();
/** Texts remembered in order to be stored once: states and other words that come again and again. */
const REMEMBERED = 4_096;

export class RawValues {
  #bytes = new Uint8Array(4_096);
  #ends = new Uint32Array(256);
  #count = 0;
  #length = 0;
  readonly #known = new Map<string, number>();

  /** Answers the value's place. */
  addText(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    const place = this.#end(written);
    if (this.#known.size < REMEMBERED) this.#known.set(text, place);
    return place;
  }

  addBytes(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    return this.#end(bytes.length);
  }

  /** Without a copy. */
  at(place: number): Uint8Array {
    return rawValueAt({ bytes: this.#bytes, ends: this.#ends }, place);
  }

  /** A copy of all values. */
  pack(): PackedRawValues {
    return { bytes: this.#bytes.slice(0, this.#length), ends: this.#ends.slice(0, this.#count) };
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(this.#bytes.length * 2, needed));
      wider.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = wider;
    }
    if (this.#count === this.#ends.length) {
      const wider = new Uint32Array(this.#ends.length * 2);
      wider.set(this.#ends);
      this.#ends = wider;
    }
  }

  #end(written: number): number {
    this.#length += written;
    this.#ends[this.#count] = this.#length;
    this.#count += 1;
    return this.#count - 1;
  }
}

export const rawValueAt = ({ bytes, ends }: PackedRawValues, place: number): Uint8Array =>
  bytes.subarray(place === 0 ? 0 : (ends[place - 1] ?? 0), ends[place] ?? 0);
