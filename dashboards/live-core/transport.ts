import type { ClientMessage, DictionaryMessage, FrameMessage, ServerMessage } from '#contracts/live.ts';
import type { CoreClock } from './clock.ts';

/** No frame for this long: what is on the screen is no longer known to be true. */
export const SILENT_AFTER_MS = 1_500;
/** No frame for this long on an open socket: the connection is half open; dial again. */
export const HALF_OPEN_AFTER_MS = 4_000;
const CONNECT_TIMEOUT_MS = 4_000;
const WATCH_EVERY_MS = 100;
export const BACK_OFF_MS = { first: 250, visible: 1_500, hidden: 4_000 } as const;

/**
 * `connecting`: the first dial. `open`: connected, no frame yet. `live`: frames arrive. `silent`: open, but none for
 * 1.5 s. `lost`: no connection; dialling again with back-off. Only in `live` is what the screen shows known to be true.
 */
export type LinkState = 'idle' | 'connecting' | 'open' | 'live' | 'silent' | 'lost';

/** What is used of a WebSocket; its events are not looked at, but for a message's data. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface TransportHandlers {
  /** The connection is up; subscriptions must be made anew. */
  readonly onOpen: () => void;
  readonly onDictionary: (message: DictionaryMessage) => void;
  readonly onFrame: (message: FrameMessage) => void;
  readonly onEvents?: (message: Extract<ServerMessage, { es: number }>) => void;
  readonly onLink: (state: LinkState) => void;
  readonly onProblem?: (code: string, detail: string) => void;
}

export interface TransportOptions {
  readonly dial: () => Socket;
  readonly clock: CoreClock;
  readonly random: () => number;
  readonly handlers: TransportHandlers;
  /** A hidden page need not hurry. */
  readonly hidden?: () => boolean;
}

/**
 * One WebSocket to `/api/v1/live`, kept alive: hello, acknowledgement of each frame (the server's credit), proof of
 * half-open connections by the server's heartbeat, back-off with jitter. Judges by arrival times, never by its own
 * timers having run: a background tab's timers do not.
 */
export class LiveTransport {
  readonly #options: TransportOptions;
  #link: LinkState = 'idle';
  #socket: Socket | undefined;
  #attempt = 0;
  #lastArrival = 0;
  #paintMs: number | undefined;
  #cancelTimer: () => void = () => {};

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get link(): LinkState {
    return this.#link;
  }

  /** ms since anything was heard of the server; Infinity before the first time. */
  silenceMs(): number {
    return this.#lastArrival === 0 ? Infinity : this.#options.clock.monotonic() - this.#lastArrival;
  }

  start(): void {
    if (this.#link === 'idle') this.#dial();
  }

  stop(): void {
    this.#release();
    this.#setLink('idle');
  }

  send(message: ClientMessage): void {
    if (this.#connected()) this.#socket?.send(JSON.stringify(message));
  }

  /** Told by whoever paints: ms from a frame's arrival to the screen, sent along with the next acknowledgement. */
  painted(ms: number): void {
    this.#paintMs = Math.round(ms * 10) / 10;
  }

  /** The page came to the front, or the network came back: check at once instead of at the next timer. */
  wake(): void {
    if (this.#link === 'lost') this.#dial();
    else if (this.#connected()) this.#watch();
  }

  #connected(): boolean {
    return this.#link === 'open' || this.#link === 'live' || this.#link === 'silent';
  }

  #dial(): void {
    this.#release();
    if (this.#link !== 'lost') this.#setLink('connecting');
    const socket = this.#options.dial();
    this.#socket = socket;
    socket.onopen = () => {
      this.#lastArrival = this.#options.clock.monotonic();
      socket.send(JSON.stringify({ hello: 1 } satisfies ClientMessage));
      this.#setLink('open');
      this.#options.handlers.onOpen();
      this.#watch();
    };
    socket.onmessage = (event: { readonly data: unknown }) => this.#receive(event.data);
    socket.onclose = () => this.#lose();
    socket.onerror = () => {};
    this.#cancelTimer = this.#options.clock.after(CONNECT_TIMEOUT_MS, () => this.#lose());
  }

  #receive(data: unknown): void {
    if (typeof data !== 'string') return;
    const message = JSON.parse(data) as ServerMessage;
    this.#lastArrival = this.#options.clock.monotonic();
    if ('f' in message) {
      this.#attempt = 0;
      this.#setLink('live');
      this.#options.handlers.onFrame(message);
      this.send(this.#paintMs === undefined ? { a: message.f } : { a: message.f, p: this.#paintMs });
    } else if ('dict' in message) this.#options.handlers.onDictionary(message);
    else if ('es' in message) this.#options.handlers.onEvents?.(message);
    else if ('problem' in message)
      this.#options.handlers.onProblem?.(message.problem.code, message.problem.detail);
  }

  #watch(): void {
    this.#cancelTimer();
    const silence = this.silenceMs();
    if (silence > HALF_OPEN_AFTER_MS) {
      this.#lose();
      return;
    }
    if (silence > SILENT_AFTER_MS) this.#setLink('silent');
    this.#cancelTimer = this.#options.clock.after(WATCH_EVERY_MS, () => this.#watch());
  }

  #lose(): void {
    this.#release();
    this.#setLink('lost');
    const cap = this.#options.hidden?.() === true ? BACK_OFF_MS.hidden : BACK_OFF_MS.visible;
    const full = Math.min(cap, BACK_OFF_MS.first * 2 ** this.#attempt);
    this.#attempt += 1;
    const delay = full * (0.5 + 0.5 * this.#options.random());
    this.#cancelTimer = this.#options.clock.after(delay, () => this.#dial());
  }

  #release(): void {
    this.#cancelTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #setLink(state: LinkState): void {
    if (state === this.#link) return;
    this.#link = state;
    this.#options.handlers.onLink(state);
  }
}
