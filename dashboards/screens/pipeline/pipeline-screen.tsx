import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { DeadLetterView, Health, MachineInfo, StreamAuditView } from '../../api/model.ts';
import { link, paintMs } from '../../app/core.ts';
import { useCore } from '../../app/core-context.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import type { Loaded } from '../../app/plant.ts';
import { t } from '../../i18n/i18n.ts';
import { ApiError } from '../../api/client.ts';
import { Flow } from './flow.tsx';
import { Account } from './account.tsx';
import { DeadLetterTable } from './dead-letter-table.tsx';
import { MachineTable } from './machine-table.tsx';
import { StreamTable } from './stream-table.tsx';
import { RateChart } from './rate-chart.tsx';
import { stagesOf } from './stages.ts';
import { totalsOf } from './totals.ts';

const REFRESH_MS = 1_000;
const DEAD_LETTERS = 10;

interface Answers {
  readonly machines: readonly MachineInfo[];
  readonly streams: readonly StreamAuditView[];
  readonly health: Health;
  readonly letters: readonly DeadLetterView[];
}

interface Pipeline extends Answers {
  /** Samples stored a second since the answer before; `undefined` with the first one. */
  readonly rate: number | undefined;
  readonly atMs: number;
}

/** S11: the way of a value, and the account of every sample. */
export function PipelineScreen(): JSX.Element {
  const state = usePipeline();
  if (state.kind !== 'ready') return <LoadMessage state={state} />;
  const { machines, streams, health, letters, rate } = state.value;
  return (
    <div class="pipeline">
      <Flow
        stages={stagesOf({ machines, streams, health, rate, link: link.value, paintMs: paintMs.value })}
      />
      <div class="pipeline-account">
        <Account totals={totalsOf(streams)} />
        <RateChart rate={rate} />
      </div>
      <StreamTable streams={streams} />
      <div class="pipeline-halves">
        <MachineTable machines={machines} />
        <Components health={health} />
      </div>
      <DeadLetterTable letters={letters} />
    </div>
  );
}

/** Polls once a second; what was there stays while the server does not answer, marked stale by the frame. */
function usePipeline(): Loaded<Pipeline> {
  const { api, clock } = useCore();
  const state = useSignal<Loaded<Pipeline>>({ kind: 'loading' });
  useEffect(() => {
    const abort = new AbortController();
    let cancel = (): void => {};
    const ask = async (): Promise<void> => {
      try {
        const [machines, streams, health, letters] = await Promise.all([
          api.machines(abort.signal),
          api.audit(abort.signal),
          api.health(abort.signal),
          api.deadLetters(DEAD_LETTERS, abort.signal),
        ]);
        state.value = {
          kind: 'ready',
          value: next(state.peek(), { machines, streams, health, letters }, clock.monotonic()),
        };
      } catch (error) {
        if (abort.signal.aborted) return;
        if (state.peek().kind !== 'ready')
          state.value = {
            kind: 'failed',
            code: error instanceof ApiError ? error.code : 'INTERNAL',
            reason: String(error),
          };
      }
      cancel = clock.after(REFRESH_MS, () => void ask());
    };
    void ask();
    return () => {
      abort.abort();
      cancel();
    };
  }, [api, clock, state]);
  return state.value;
}

function next(before: Loaded<Pipeline>, answers: Answers, atMs: number): Pipeline {
  if (before.kind !== 'ready') return { ...answers, rate: undefined, atMs };
  const stored = ({ streams }: Answers): number => streams.reduce((sum, stream) => sum + stream.stored, 0);
  const seconds = (atMs - before.value.atMs) / 1000;
  const latest = seconds > 0 ? (stored(answers) - stored(before.value)) / seconds : 0;
  const smooth = before.value.rate === undefined ? latest : before.value.rate * 0.7 + latest * 0.3;
  return { ...answers, rate: Math.max(0, smooth), atMs };
}

function Components({ health }: { readonly health: Health }): JSX.Element {
  return (
    <section class="panel components" aria-label={t('pipeline.components')}>
      <h2>{t('pipeline.components')}</h2>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.components')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('pipeline.component')}</th>
              <th scope="col">{t('pipeline.status')}</th>
              <th scope="col">{t('pipeline.detail')}</th>
            </tr>
          </thead>
          <tbody>
            {health.components.map((component) => (
              <tr key={component.name}>
                <th scope="row">{component.name}</th>
                <td>
                  <span class="status" data-status={component.status}>
                    {t(`status.${component.status}`)}
                  </span>
                </td>
                <td class="text">{component.detail ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
