import type { StructureFields } from '../../model/signal.ts';
import type { WorkCycle } from '../../model/work-cycle.ts';
import { programmeOf } from './programme.ts';

/** State and number in ISA95JobOrderReceiverStateMachine (OPC 10031-4). */
const STATES = { Running: 3, Interrupted: 4, Ended: 5 } as const;
type JobState = keyof typeof STATES;
/** Orders that are over stay for so long. */
const MOST_ENDED = 4;

interface Job {
  readonly order: string;
  readonly article: string;
  readonly startMs: number;
  endMs: number;
  state: JobState;
}

/** The machine's job orders as ISA95JobOrderAndStateDataType has them: the one it works on, and the last that ended. */
export class JobList {
  private jobs: Job[] = [];

  /** @returns whether the list has changed */
  follow({ order, article, state }: Pick<WorkCycle, 'order' | 'article' | 'state'>, timeMs: number): boolean {
    if (order === '') return false;
    const current = this.jobs.at(-1);
    const now: JobState = state === 'fault' ? 'Interrupted' : 'Running';
    if (current?.order === order) {
      if (current.state === now) return false;
      current.state = now;
      return true;
    }
    if (current) {
      current.state = 'Ended';
      current.endMs = timeMs;
    }
    // The last pieces of an order may come after the first ones of the next: then it goes on.
    const startMs = this.jobs.find((job) => job.order === order)?.startMs ?? timeMs;
    const others = this.jobs.filter((job) => job.order !== order).slice(-MOST_ENDED);
    this.jobs = [...others, { order, article, startMs, endMs: 0, state: now }];
    return true;
  }

  get list(): readonly StructureFields[] {
    return this.jobs.map(({ order, article, startMs, endMs, state }) => ({
      JobOrder: {
        JobOrderID: order,
        Description: [{ Locale: 'en', Text: `Machine ${article}` }],
        WorkMasterID: [{ ID: programmeOf(article).name }],
        StartTime: new Date(startMs).toISOString(),
        ...(endMs === 0 ? {} : { EndTime: new Date(endMs).toISOString() }),
      },
      State: [
        {
          BrowsePath: { Elements: [] },
          StateText: { Locale: 'en', Text: state },
          StateNumber: STATES[state],
        },
      ],
    }));
  }
}
