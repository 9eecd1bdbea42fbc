import { useEffect, useState } from 'preact/hooks';
import type { QualityView } from '#contracts/api/quality.ts';
import { ApiError } from '../../api/client.ts';
import { useCore } from '../../app/core-context.ts';

const READ_EVERY_MS = 30_000;

export interface QualityOfAll {
  /** By machine; those that have answered so far. */
  readonly views: ReadonlyMap<string, QualityView>;
  /** Why the last round did not come to its end. */
  readonly problem: string | undefined;
}

/** The quality of each machine over the last `rangeMs`, one after the other, again every half minute. */
export function useQuality(machines: readonly string[], rangeMs: number): QualityOfAll {
  const { api, clock, store } = useCore();
  const [views, setViews] = useState<ReadonlyMap<string, QualityView>>(new Map());
  const [problem, setProblem] = useState<string>();
  const key = machines.join(' ');
  useEffect(() => {
    const gone = new AbortController();
    let cancel = (): void => {};
    const round = async (): Promise<void> => {
      const toMs = store.serverClock.now();
      try {
        for (const machine of machines) {
          const view = await api.quality({ machine, fromMs: toMs - rangeMs, toMs }, gone.signal);
          setViews((known) => new Map(known).set(machine, view));
        }
        setProblem(undefined);
      } catch (error) {
        if (gone.signal.aborted) return;
        setProblem(error instanceof ApiError ? error.code : String(error));
      }
      if (!gone.signal.aborted) cancel = clock.after(READ_EVERY_MS, () => void round());
    };
    void round();
    return () => {
      gone.abort();
      cancel();
    };
  }, [api, clock, store, key, rangeMs]);
  return { views, problem };
}
