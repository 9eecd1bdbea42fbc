import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const SWEEP_MS = 250;

export interface WatchedSubscriber {
  readonly stream: Duplex;
  readonly socket: Socket;
  /** Told once; the subscriber is to be disconnected. */
  readonly onSlow: (detail: string) => void;
}

interface Progress {
  sentBytes: number;
  /** Monotonic ms. */
  at: number;
}

/**
 * Finds subscribers that do not read. Aedes by itself makes everybody wait for the slowest; here nobody waits:
 * what one does not read piles up to a bound of bytes or of time without progress, then it is disconnected.
 */
export class SubscriberWatch {
  readonly #drainTimeoutMs: number;
  readonly #unreadBytes: number;
  readonly #subscribers = new Map<WatchedSubscriber, Progress>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: { readonly drainTimeoutMs: number; readonly unreadBytesPerClient: number }) {
    this.#drainTimeoutMs = limits.drainTimeoutMs;
    this.#unreadBytes = limits.unreadBytesPerClient;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#subscribers.clear();
  }

  add(subscriber: WatchedSubscriber): void {
    this.#subscribers.set(subscriber, { sentBytes: 0, at: performance.now() });
  }

  remove(subscriber: WatchedSubscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** To be asked at each delivery: is there room for more? Disconnects when not. */
  hasRoom(subscriber: WatchedSubscriber): boolean {
    if (unread(subscriber) <= this.#unreadBytes) return true;
    if (this.#subscribers.delete(subscriber))
      subscriber.onSlow(`more than ${this.#unreadBytes} bytes unread`);
    return false;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [subscriber, progress] of this.#subscribers) {
      const waiting = unread(subscriber);
      // `bytesWritten` counts what still waits in the socket too.
      const sentBytes = subscriber.socket.bytesWritten - subscriber.socket.writableLength;
      if (waiting === 0 || sentBytes !== progress.sentBytes) {
        progress.sentBytes = sentBytes;
        progress.at = now;
      } else if (now - progress.at >= this.#drainTimeoutMs) {
        this.#subscribers.delete(subscriber);
        subscriber.onSlow(
          `read nothing for ${Math.round(now - progress.at)} ms with ${waiting} bytes waiting`,
        );
      }
    }
  }
}

/** Bytes on their way to a subscriber that its system has not taken yet. */
export function unread({ stream, socket }: Pick<WatchedSubscriber, 'stream' | 'socket'>): number {
  return stream === socket ? socket.writableLength : stream.writableLength + socket.writableLength;
}
