import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** How the cable behaves now. */
export interface CableState {
  /** New connections are refused, and nothing passes. */
  readonly isCut: boolean;
  /** Which way nothing passes, though the connection stays up. `up` = from the one who connects. */
  readonly silent: 'none' | 'up' | 'down' | 'both';
  readonly latencyMs: number;
  /** Most bytes handed on at once; the next piece follows at the next turn of the event loop. */
  readonly pieceBytes: number;
  /** Each way. */
  readonly bytesPerS: number;
}

const SOUND: CableState = {
  isCut: false,
  silent: 'none',
  latencyMs: 0,
  pieceBytes: Infinity,
  bytesPerS: Infinity,
};
/** Bytes that a direction holds back before it stops reading: a silent cable fills the sender's buffers, not our memory. */
const HOLD_BYTES = 1 << 20;
/** Of a cable with a bounded rate. */
const PIECES_PER_S = 20;

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  readonly way: 'up' | 'down';
  readonly waiting: { readonly bytes: Buffer; readonly dueMs: number }[];
  heldBytes: number;
  timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
}

/** A TCP cable between two processes that can be cut, frozen one way or both, slowed down, and made to pass a byte at a time. */
export class Cable {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #directions = new Set<Direction>();
  #state: CableState = SOUND;
  port = 0;
  /** Bytes passed on, up and down. */
  passed = { up: 0, down: 0 };

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((near) => this.#accept(near));
  }

  /** `port` 0 = any free one. */
  async start(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    this.#dropAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What is not named is sound again. */
  become(change: Partial<CableState>): void {
    this.#state = { ...SOUND, ...change };
    if (this.#state.isCut) this.#dropAll();
    for (const direction of this.#directions) this.#flush(direction);
  }

  /** Every connection ends now; new ones are taken. */
  drop(): void {
    this.#dropAll();
  }

  #dropAll(): void {
    for (const { from, to } of this.#directions) {
      from.destroy();
      to.destroy();
    }
  }

  #accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#state.isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.#targetPort, '127.0.0.1');
    far.on('error', () => undefined);
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.#carry(near, far, 'up');
    this.#carry(far, near, 'down');
  }

  #carry(from: Socket, to: Socket, way: 'up' | 'down'): void {
    const direction: Direction = { from, to, way, waiting: [], heldBytes: 0, timer: undefined };
    this.#directions.add(direction);
    from.on('data', (bytes: Buffer) => {
      direction.waiting.push({ bytes, dueMs: performance.now() + this.#state.latencyMs });
      direction.heldBytes += bytes.length;
      if (direction.heldBytes > HOLD_BYTES) from.pause();
      this.#flush(direction);
    });
    from.on('close', () => {
      to.destroy();
      this.#directions.delete(direction);
      if (direction.timer) clearTimeout(direction.timer as NodeJS.Timeout);
    });
  }

  #flush(direction: Direction): void {
    if (direction.timer !== undefined) return;
    const { silent, bytesPerS } = this.#state;
    const pieceBytes = Math.min(this.#state.pieceBytes, Math.max(1, Math.floor(bytesPerS / PIECES_PER_S)));
    if (silent === 'both' || silent === direction.way) return;
    while (direction.waiting.length > 0) {
      const [first] = direction.waiting;
      if (!first) return;
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.#again(direction, waitMs);
        return;
      }
      const piece = first.bytes.subarray(0, pieceBytes);
      if (piece.length === first.bytes.length) direction.waiting.shift();
      else direction.waiting[0] = { ...first, bytes: first.bytes.subarray(pieceBytes) };
      this.#pass(direction, piece);
      if (Number.isFinite(pieceBytes)) {
        this.#again(direction, (piece.length / bytesPerS) * 1000);
        return;
      }
    }
  }

  #again(direction: Direction, waitMs: number): void {
    const go = (): void => {
      direction.timer = undefined;
      this.#flush(direction);
    };
    direction.timer = waitMs > 0 ? setTimeout(go, waitMs) : setImmediate(go);
  }

  #pass(direction: Direction, bytes: Buffer): void {
    direction.heldBytes -= bytes.length;
    this.passed[direction.way] += bytes.length;
    if (!direction.to.destroyed) direction.to.write(bytes);
    if (direction.heldBytes <= HOLD_BYTES) direction.from.resume();
  }
}
