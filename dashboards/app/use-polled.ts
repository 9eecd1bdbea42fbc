import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useCore } from './core-context.ts';
import { failureOf } from './plant.ts';
import type { Loaded } from './plant.ts';

export interface Polled<T> {
  /** Time from an answer (or a failure) to the next question. */
  readonly everyMs: number;
  readonly read: (abort: AbortSignal) => Promise<T>;
  /** Asked anew at once when one of these changes. */
  readonly of?: readonly unknown[];
  /** Nobody is asked while this is false. */
  readonly isWanted?: boolean;
  /** An answer that failed replaces what was read before; else that stays, since the frame tells that nothing new comes. */
  readonly tellsFailures?: boolean;
}

/** What is asked again and again while the component is on the screen. */
export function usePolled<T>(polled: Polled<T>): Loaded<T> {
  const { clock } = useCore();
  const state = useSignal<Loaded<T>>({ kind: 'loading' });
  const latest = useRef(polled);
  latest.current = polled;
  const { of = [], isWanted = true } = polled;
  useEffect(() => {
    if (!isWanted) return undefined;
    const abort = new AbortController();
    let cancel = (): void => {};
    const ask = async (): Promise<void> => {
      const { everyMs, read, tellsFailures = false } = latest.current;
      try {
        const value = await read(abort.signal);
        if (!abort.signal.aborted) state.value = { kind: 'ready', value };
      } catch (error) {
        if (abort.signal.aborted) return;
        if (tellsFailures || state.peek().kind !== 'ready') state.value = failureOf(error);
      }
      if (!abort.signal.aborted) cancel = clock.after(everyMs, () => void ask());
    };
    void ask();
    return () => {
      abort.abort();
      cancel();
    };
  }, [clock, state, isWanted, ...of]);
  return state.value;
}
