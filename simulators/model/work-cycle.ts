import type { ShiftPhase } from './machine-model.ts';
import type { MaterialPorts, Part } from './part.ts';
import type { Random } from './random.ts';
import type { WorkState } from './work-state.ts';

export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

/** How an article is made on this machine. */
export interface Recipe {
  readonly stages: readonly Stage[];
  /** Pieces taken together. */
  readonly batch: number;
  readonly setupS: number;
}

export interface Judged {
  readonly part: Part;
  readonly scrap: boolean;
}

export interface WorkCycleOptions {
  readonly random: Random;
  recipe(article: string): Recipe;
  /** What became of a piece when the last stage is over. */
  finish(part: Part): Judged;
  /** Nobody starts a cycle or sets up during breaks. */
  readonly attended: boolean;
  readonly stopsPerHour: number;
  readonly meanStopS: number;
}

export interface WorkConditions {
  readonly shift: ShiftPhase;
  readonly material: MaterialPorts;
  /** What keeps the machine from running while it lasts: `air pressure low`; '' = nothing. */
  readonly obstacle: string;
  /** Share of the normal pace: feed override, slow drive. */
  readonly pace: number;
}

export const MINOR_STOP = 'minor stop';

/**
 * The work of a discrete machine in time: takes pieces, goes through the stages of their recipe, hands them on.
 * A stop holds whatever runs; it goes on where it was.
 */
export class WorkCycle {
  state: WorkState = 'idle';
  /** Why it does not produce; '' while it does. */
  reason = '';
  article = '';
  order = '';
  stageIndex = 0;
  stageS = 0;
  cycleS = 0;
  lastCycleS = 0;
  good = 0;
  scrap = 0;
  /** Sum of planned run time per piece over all pieces produced, s (ISO 22400-2: PRU x PQ). */
  plannedS = 0;
  /** Pieces in the machine. */
  inWork: Part[] = [];
  /** Finished, not yet handed on. */
  pending: Part[] = [];
  private readonly options: WorkCycleOptions;
  private recipe: Recipe | undefined;
  private setupLeftS = 0;
  private stopLeftS = 0;
  private untilStopS: number;

  constructor(options: WorkCycleOptions) {
    this.options = options;
    this.untilStopS = options.random.waitingTime(options.stopsPerHour) * 3600;
  }

  get stage(): string {
    return this.state === 'producing' || this.inWork.length > 0
      ? (this.recipe?.stages[this.stageIndex]?.name ?? '')
      : '';
  }

  get stageSeconds(): number {
    return this.recipe?.stages[this.stageIndex]?.seconds ?? 0;
  }

  /** Share of the cycle that is done, 0..1. */
  get progress(): number {
    if (!this.recipe || this.inWork.length === 0) return 0;
    const total = this.plannedCycleS;
    const before = this.recipe.stages.slice(0, this.stageIndex).reduce((sum, each) => sum + each.seconds, 0);
    return total > 0 ? Math.min(1, (before + this.stageS) / total) : 0;
  }

  get plannedCycleS(): number {
    return this.recipe?.stages.reduce((sum, each) => sum + each.seconds, 0) ?? 0;
  }

  get holding(): number {
    return this.inWork.length + this.pending.length;
  }

  /** A stop for so long; a longer one that is under way stays. */
  stop(reason: string, seconds: number): void {
    if (seconds <= this.stopLeftS) return;
    this.stopLeftS = seconds;
    this.reason = reason;
  }

  /** @returns the pieces that were finished in this step. */
  step(dtS: number, conditions: WorkConditions): readonly Part[] {
    if (this.isStopped(dtS, conditions)) return [];
    if (this.pending.length > 0 && !this.deliver(conditions.material)) return this.wait('blocked', 'no room');
    if (this.inWork.length === 0 && !this.begin(dtS, conditions)) return [];
    this.state = 'producing';
    this.reason = '';
    this.untilStopS -= dtS;
    if (this.untilStopS <= 0) this.minorStop();
    return this.advance(dtS, conditions);
  }

  private isStopped(dtS: number, { obstacle }: WorkConditions): boolean {
    this.stopLeftS = Math.max(0, this.stopLeftS - dtS);
    if (this.stopLeftS > 0) {
      this.state = 'fault';
      return true;
    }
    if (obstacle === '') return false;
    this.wait('fault', obstacle);
    return true;
  }

  /** Takes the next pieces; sets up first where they are of another article. */
  private begin(dtS: number, { shift, material }: WorkConditions): boolean {
    const next = material.peek(0);
    if (this.options.attended && shift !== 'working') {
      this.wait('planned-stop', shift);
      return false;
    }
    if (!next) {
      this.wait('starved', 'no material');
      return false;
    }
    if (next.article !== this.article) {
      // The shift before left the machine set up, nearly.
      const share = this.article === '' ? 0.15 : 1;
      this.recipe = this.options.recipe(next.article);
      this.article = next.article;
      this.setupLeftS = share * this.recipe.setupS * (0.85 + 0.3 * this.options.random.next());
    }
    if (this.setupLeftS > 0) {
      this.setupLeftS -= dtS;
      this.wait('setup', 'changeover');
      return false;
    }
    const batch = this.recipe?.batch ?? 1;
    if (material.waiting(0) < batch) {
      this.wait('starved', 'no material');
      return false;
    }
    for (let i = 0; i < batch; i += 1) {
      const part = material.take(0);
      if (part) this.inWork.push(part);
    }
    this.order = next.order;
    this.stageIndex = 0;
    this.stageS = 0;
    this.cycleS = 0;
    return true;
  }

  private advance(dtS: number, { pace, material }: WorkConditions): readonly Part[] {
    this.cycleS += dtS;
    this.stageS += dtS * pace;
    if (this.stageS + 1e-9 < this.stageSeconds) return [];
    this.stageS = 0;
    this.stageIndex += 1;
    if (this.stageIndex < (this.recipe?.stages.length ?? 0)) return [];
    const finished = this.inWork.map((part) => this.options.finish(part));
    this.inWork = [];
    this.stageIndex = 0;
    this.lastCycleS = this.cycleS;
    this.plannedS += this.plannedCycleS;
    for (const { part, scrap } of finished) {
      if (scrap) {
        this.scrap += 1;
        material.scrap(part);
      } else {
        this.good += 1;
        this.pending.push(part);
      }
    }
    this.deliver(material);
    return finished.map(({ part }) => part);
  }

  private deliver(material: MaterialPorts): boolean {
    if (material.room(0) < this.pending.length) return false;
    for (const part of this.pending) material.give(0, part);
    this.pending = [];
    return true;
  }

  private minorStop(): void {
    const { random, stopsPerHour, meanStopS } = this.options;
    this.untilStopS = random.waitingTime(stopsPerHour) * 3600;
    this.stop(MINOR_STOP, meanStopS * (0.4 + 1.2 * random.next()));
  }

  private wait(state: WorkState, reason: string): readonly Part[] {
    this.state = state;
    this.reason = reason;
    return [];
  }
}
