import type { LiveStore, Slot, SlotListener } from './live-store.ts';
import type { Painter, Scheduler } from './scheduler.ts';

/** What of a value is written to the page. */
export interface Reading {
  readonly value: LiveStore['values'][number];
  readonly statusCode: number;
  readonly timeMs: number;
}

export interface BinderContext {
  readonly store: LiveStore;
  readonly scheduler: Scheduler;
}

/**
 * Ties one signal to the page without a component in between: `write` is called at most four times a second, and
 * only after the value changed; the first value, which a reader waits for, is written as it comes. Writes text and attributes of nodes it was given; makes no nodes.
 */
export class Binder implements Painter, SlotListener {
  readonly #context: BinderContext;
  readonly #slot: Slot;
  readonly #write: (reading: Reading) => void;
  #unlisten: () => void = () => {};
  #isWritten = false;

  constructor(context: BinderContext, signal: string, write: (reading: Reading) => void) {
    this.#context = context;
    this.#slot = context.store.slotOf(signal);
    this.#write = write;
  }

  start(): void {
    this.#unlisten = this.#context.store.listen(this.#slot, this);
    if (this.#context.store.values[this.#slot] !== undefined) this.paint();
  }

  stop(): void {
    this.#unlisten();
    this.#context.scheduler.forget(this);
  }

  onValue(): void {
    if (this.#isWritten) this.#context.scheduler.text(this);
    else this.paint();
  }

  paint(): void {
    const { store } = this.#context;
    this.#isWritten = true;
    this.#write({
      value: store.values[this.#slot],
      statusCode: store.status[this.#slot] ?? 0,
      timeMs: store.times[this.#slot] ?? NaN,
    });
  }
}

/** Writes only what differs: an equal write still costs a style recalculation. */
export function setText(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
