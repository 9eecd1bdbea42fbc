import { createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import { Binder } from '../live-core/binders.ts';
import type { Reading } from '../live-core/binders.ts';
import type { SubscriptionWish } from '../live-core/live-store.ts';
import type { Painter } from '../live-core/scheduler.ts';
import { locale } from '../i18n/i18n.ts';
import type { Core } from './core.ts';

export const CoreContext = createContext<Core | undefined>(undefined);

export function useCore(): Core {
  const core = useContext(CoreContext);
  if (!core) throw new Error('no CoreContext above this component');
  return core;
}

/** Subscribes while the component is on the screen; `tags` undefined = not yet. */
export function useSubscription(wish: SubscriptionWish | undefined): void {
  const { store } = useCore();
  const key = JSON.stringify(wish ?? null);
  useEffect(() => (wish ? store.subscribe(wish) : undefined), [store, key]);
}

/** Writes a signal's reading into the element of the returned ref whenever it changes, and when the language does. */
export function useReading<E extends Element>(
  signal: string | undefined,
  write: (element: E, reading: Reading) => void,
): RefObject<E> {
  const core = useCore();
  const ref = useRef<E>(null);
  const latestWrite = useRef(write);
  latestWrite.current = write;
  const language = locale.value;
  useEffect(() => {
    const element = ref.current;
    if (!element || signal === undefined) return undefined;
    const binder = new Binder(core, signal, (reading) => latestWrite.current(element, reading));
    binder.start();
    return () => binder.stop();
  }, [core, signal, language]);
  return ref;
}

/** Calls `paint` four times a second while the component is on the screen: ages and clocks. */
export function useTicker<E extends Element>(paint: (element: E) => void): RefObject<E> {
  const { scheduler } = useCore();
  const ref = useRef<E>(null);
  const latest = useRef(paint);
  latest.current = paint;
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const painter: Painter = { paint: () => latest.current(element) };
    painter.paint();
    return scheduler.everyText(painter);
  }, [scheduler]);
  return ref;
}

/** Text of an element that holds one text node only, written without a component. */
export function writeText(element: Element, text: string): void {
  const node = element.firstChild;
  if (node instanceof Text) {
    if (node.data !== text) node.data = text;
  } else element.textContent = text;
}

/** Since when nothing is known of a machine's values: its path is dead, or the connection is. Undefined = alive. */
export function deadSince({ store, transport }: Core, machine: string): number | undefined {
  const now = store.serverClock.now();
  if (transport.link !== 'live') return now - Math.min(transport.silenceMs(), 1e12);
  const age = store.staleAgeMs(machine);
  return age === undefined ? undefined : now - age;
}
