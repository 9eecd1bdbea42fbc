import type { JSX } from 'preact';
import type { DeadLetterView, Health, MachineInfo, PipelineView, StreamAuditView } from '../../api/model.ts';
import { link, paintMs } from '../../app/core.ts';
import { useCore } from '../../app/core-context.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import type { Loaded } from '../../app/plant.ts';
import { usePolled } from '../../app/use-polled.ts';
import { Flow } from './flow.tsx';
import { Account } from './account.tsx';
import { ComponentTable } from './component-table.tsx';
import { DeadLetterTable } from './dead-letter-table.tsx';
import { JournalTable } from './journal-table.tsx';
import { MachineTable } from './machine-table.tsx';
import { StreamTable } from './stream-table.tsx';
import { RateChart } from './rate-chart.tsx';
import { stagesOf } from './stages.ts';
import { totalsOf } from './totals.ts';
import './pipeline.css';

const REFRESH_MS = 1_000;
const DEAD_LETTERS = 10;

interface Answers {
  readonly machines: readonly MachineInfo[];
  readonly streams: readonly StreamAuditView[];
  readonly health: Health;
  readonly letters: readonly DeadLetterView[];
  readonly pipeline: PipelineView;
}

/** S11: the way of a value, and the account of every sample. */
export function PipelineScreen(): JSX.Element {
  const { transport } = useCore();
  const state = usePipeline();
  if (state.kind !== 'ready') return <LoadMessage state={state} />;
  const { machines, streams, health, letters, pipeline } = state.value;
  const inUse = machines.filter(({ retired }) => !retired);
  const stages = stagesOf({
    machines: inUse,
    pipeline,
    health,
    link: link.value,
    silenceMs: transport.silenceMs(),
    paintMs: paintMs.value,
  });
  return (
    <div class="pipeline">
      <Flow stages={stages} />
      <div class="pipeline-account">
        <Account totals={totalsOf(streams)} notRead={pipeline.notRead} />
        <RateChart rate={pipeline.rate} />
      </div>
      <div class="pipeline-halves">
        <MachineTable machines={machines} pipeline={pipeline} />
        <div class="pipeline-stack">
          <JournalTable pipeline={pipeline} />
          <ComponentTable health={health} />
        </div>
      </div>
      <StreamTable streams={streams} />
      <DeadLetterTable letters={letters} />
    </div>
  );
}

/** What was there stays while the server does not answer, marked stale by the frame. */
function usePipeline(): Loaded<Answers> {
  const { api } = useCore();
  return usePolled({
    everyMs: REFRESH_MS,
    async read(abort) {
      const [machines, streams, health, letters, pipeline] = await Promise.all([
        api.machines(abort),
        api.audit(abort),
        api.health(abort),
        api.deadLetters(DEAD_LETTERS, abort),
        api.pipeline(abort),
      ]);
      return { machines, streams, health, letters, pipeline };
    },
  });
}
