import type { WorkConditions } from '../../model/work-cycle.ts';
import type { Judged, Recipe, Stage } from '../../model/work-cycle.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { Operation, Programme } from './programme.ts';
import { WorkCycle } from '../../model/work-cycle.ts';
import { programmeOf, PROGRAMMES } from './programme.ts';

export type Phase = 'warm-up' | 'setup' | 'waiting' | 'loading' | 'tool-change' | 'cutting' | 'unloading';

const WARM_UP_S = 60;
const LOADING_S = 22;
const UNLOADING_S = 14;
const TOOL_CHANGE_S = 6;
const SETUP_S = 150;
const ALARM_S = 100;

export interface JobCycleOptions {
  readonly random: Random;
  readonly alarmsPerHour: number;
  finish(part: Part): Judged;
}

/** The work of the machine in time: warm-up, setup of an order, then part after part, operation by operation. */
export class JobCycle {
  readonly work: WorkCycle;
  programme: Programme = PROGRAMMES[0]!;
  private readonly random: Random;
  private warmUpLeftS = WARM_UP_S;
  /** The operator is quicker or slower from part to part. */
  private handling = 1;

  constructor({ random, alarmsPerHour, finish }: JobCycleOptions) {
    this.random = random;
    this.work = new WorkCycle({
      random,
      recipe: (article) => this.recipe(article),
      finish,
      attended: true,
      stopsPerHour: alarmsPerHour,
      meanStopS: ALARM_S,
    });
  }

  get phase(): Phase {
    if (this.warmUpLeftS > 0) return 'warm-up';
    if (this.work.inWork.length === 0) return this.work.state === 'setup' ? 'setup' : 'waiting';
    // loading, then a tool change and a cut per operation, then unloading
    const { stageIndex } = this.work;
    if (stageIndex === 0) return 'loading';
    if (stageIndex > 2 * this.programme.operations.length) return 'unloading';
    return stageIndex % 2 === 1 ? 'tool-change' : 'cutting';
  }

  get operationIndex(): number {
    const last = this.programme.operations.length - 1;
    return Math.max(0, Math.min(last, Math.floor((this.work.stageIndex - 1) / 2)));
  }

  get operation(): Operation {
    return this.programme.operations[this.operationIndex] ?? this.programme.operations[0]!;
  }

  /** Seconds into the stage. */
  get elapsedS(): number {
    return this.work.stageS;
  }

  get running(): boolean {
    return this.warmUpLeftS > 0 || this.work.state === 'producing' || this.work.state === 'setup';
  }

  /** `pace` of the conditions is the feed override: it stretches cutting only. @returns finished pieces */
  step(dtS: number, conditions: WorkConditions): readonly Part[] {
    if (this.warmUpLeftS > 0) {
      this.warmUpLeftS -= dtS;
      this.work.state = 'setup';
      this.work.reason = 'warm-up';
      return [];
    }
    const pace = this.phase === 'cutting' ? conditions.pace : this.handling;
    const finished = this.work.step(dtS, { ...conditions, pace });
    if (finished.length > 0) this.handling = 0.9 + 0.2 * this.random.next();
    return finished;
  }

  private recipe(article: string): Recipe {
    this.programme = programmeOf(article);
    const stages: Stage[] = [{ name: 'loading', seconds: LOADING_S }];
    this.programme.operations.forEach(({ durationS }, i) => {
      stages.push({ name: `tool-change ${i}`, seconds: TOOL_CHANGE_S });
      stages.push({ name: `cutting ${i}`, seconds: durationS });
    });
    stages.push({ name: 'unloading', seconds: UNLOADING_S });
    return { stages, batch: 1, setupS: SETUP_S };
  }
}
