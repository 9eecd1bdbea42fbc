import type { Duplex } from 'node:stream';

/** MQTT control packet types we look at (MQTT 3.1.1, 2.2.1). */
const CONNECT = 1;
/** A remaining length has at most four bytes (2.2.3). */
const MAX_LENGTH_BYTES = 4;

export interface PacketGuardLimits {
  readonly packetBytes: number;
  /** Before the client is known. */
  readonly connectBytes: number;
}

export type PacketFault = 'PACKET_TOO_LARGE' | 'PROTOCOL_ERROR';

/**
 * Follows the framing of the bytes that one client sends, so that a packet that is too large is refused by its
 * header, before the parser (which has no limit) gathers it in memory.
 */
export class PacketGuard {
  readonly #limits: PacketGuardLimits;
  #state: 'header' | 'length' | 'body' = 'header';
  #first = true;
  #type = 0;
  #length = 0;
  #lengthBytes = 0;
  /** Bytes of the body still to come. */
  #rest = 0;

  constructor(limits: PacketGuardLimits) {
    this.#limits = limits;
  }

  /** Looks at the next bytes; answers what is wrong with them, once and for all. */
  accept(chunk: Uint8Array): PacketFault | undefined {
    let i = 0;
    while (i < chunk.length) {
      if (this.#state === 'body') {
        const step = Math.min(this.#rest, chunk.length - i);
        this.#rest -= step;
        i += step;
        if (this.#rest === 0) this.#state = 'header';
      } else {
        const fault = this.#headerByte(chunk[i] ?? 0);
        if (fault) return fault;
        i += 1;
      }
    }
    return undefined;
  }

  #headerByte(byte: number): PacketFault | undefined {
    if (this.#state === 'header') {
      this.#type = byte >>> 4;
      // 3.1.0-1: the first packet is a CONNECT.
      if (this.#first && this.#type !== CONNECT) return 'PROTOCOL_ERROR';
      this.#length = 0;
      this.#lengthBytes = 0;
      this.#state = 'length';
      return undefined;
    }
    this.#length += (byte & 0x7f) * 0x80 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if (byte >= 0x80) return this.#lengthBytes >= MAX_LENGTH_BYTES ? 'PROTOCOL_ERROR' : undefined;
    const limit = this.#type === CONNECT ? this.#limits.connectBytes : this.#limits.packetBytes;
    if (this.#length > limit) return 'PACKET_TOO_LARGE';
    this.#first = false;
    this.#rest = this.#length;
    this.#state = this.#length === 0 ? 'header' : 'body';
    return undefined;
  }
}

/** Puts a guard before everybody who pulls bytes by `stream.read()`, as Aedes does. `onFault` ends the connection. */
export function guardStream(
  stream: Duplex,
  limits: PacketGuardLimits,
  onFault: (fault: PacketFault) => void,
): void {
  const guard = new PacketGuard(limits);
  const read = stream.read.bind(stream);
  stream.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    const fault = chunk instanceof Uint8Array ? guard.accept(chunk) : undefined;
    if (!fault) return chunk;
    onFault(fault);
    return null;
  };
}
