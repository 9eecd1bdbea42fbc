/**
 * Seeded pseudo-random numbers (sfc32 by Chris Doty-Humphrey, state filled from a 32-bit string hash).
 * Each purpose draws from a stream of its own, named by what it is for, so that adding a signal to one
 * machine leaves every other machine's ledger as it was.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Normal distribution with mean 0 and standard deviation 1. */
  gaussian(): number;
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  /** Time to the next event of a Poisson process with the given rate, in the rate's time unit. */
  waitingTime(ratePerUnit: number): number;
}

/** Same arguments, same numbers: `createRandom(7, 'cnc-01', 'tool wear')`. */
export function createRandom(seed: number, ...purpose: readonly string[]): Random {
  return new Sfc32([seed, ...purpose].join('\u0000'));
}

/** Its four words are ordinary fields: how far a stream has come is part of a plant's state hash. */
class Sfc32 implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(name: string) {
    const hash = stringHash(name);
    this.a = hash();
    this.b = hash();
    this.c = hash();
    for (let i = 0; i < 12; i += 1) this.next();
  }

  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  waitingTime(ratePerUnit: number): number {
    return ratePerUnit > 0 ? -Math.log(1 - this.next()) / ratePerUnit : Infinity;
  }
}

/** FNV-1a with a final avalanche; each call gives another word of the same text. */
function stringHash(text: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  };
}
