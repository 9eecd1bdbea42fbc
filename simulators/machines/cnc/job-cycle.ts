import type { Operation, Programme } from './programme.ts';
import type { Random } from '../../model/random.ts';
import { PROGRAMMES } from './programme.ts';

export type Phase = 'warm-up' | 'setup' | 'loading' | 'tool-change' | 'cutting' | 'unloading' | 'stopped';

const LOADING_S = 22;
const UNLOADING_S = 14;
const TOOL_CHANGE_S = 6;
const SETUP_S = 150;

export interface CycleEvents {
  /** A part came off the table during this step. */
  readonly partDone: boolean;
}

/**
 * The work of the machine in time: warm-up, setup of a lot, then part after part. Stops are of three kinds:
 * an alarm, no material, no air. `stop` holds whatever phase runs; it goes on where it was.
 */
export class JobCycle {
  phase: Phase = 'warm-up';
  programme: Programme;
  operationIndex = 0;
  /** Seconds into the phase. */
  elapsedS = 0;
  cycleS = 0;
  lastCycleS = 0;
  stopReason: '' | 'alarm' | 'material' | 'air' = '';
  #stopLeftS = 0;
  #phaseS = 60;
  #partsInLot = 0;
  readonly #lotSize: number;
  readonly #random: Random;
  readonly #alarmsPerHour: number;
  #untilAlarmS: number;

  constructor(random: Random, lotSize: number, alarmsPerHour: number) {
    this.#random = random;
    this.#lotSize = lotSize;
    this.#alarmsPerHour = alarmsPerHour;
    this.#untilAlarmS = random.waitingTime(alarmsPerHour) * 3600;
    this.programme = PROGRAMMES[0]!;
  }

  get operation(): Operation {
    return this.programme.operations[this.operationIndex] ?? this.programme.operations[0]!;
  }

  /** Share of the part's operations that is done, 0..1. */
  get progress(): number {
    const total = this.programme.operations.reduce((sum, each) => sum + each.durationS, 0);
    const before = this.programme.operations
      .slice(0, this.operationIndex)
      .reduce((sum, each) => sum + each.durationS, 0);
    return (before + (this.phase === 'cutting' ? this.elapsedS : 0)) / total;
  }

  get running(): boolean {
    return this.#stopLeftS <= 0 && this.stopReason !== 'air';
  }

  stop(reason: 'alarm' | 'material', seconds: number): void {
    this.stopReason = reason;
    this.#stopLeftS = seconds;
  }

  /** `feedShare` stretches the cutting time as the feed override does. */
  step(dtS: number, feedShare: number, airIsLow: boolean): CycleEvents {
    if (airIsLow) this.stopReason = 'air';
    else if (this.stopReason === 'air') this.stopReason = '';
    if (this.#stopLeftS > 0) {
      this.#stopLeftS -= dtS;
      if (this.#stopLeftS <= 0) this.stopReason = '';
    }
    if (!this.running) return { partDone: false };
    this.#untilAlarmS -= dtS;
    if (this.#untilAlarmS <= 0) {
      this.#untilAlarmS = this.#random.waitingTime(this.#alarmsPerHour) * 3600;
      this.stop('alarm', 40 + 120 * this.#random.next());
    }
    this.cycleS += dtS;
    this.elapsedS += this.phase === 'cutting' ? dtS * feedShare : dtS;
    return this.elapsedS >= this.#phaseS ? this.#next() : { partDone: false };
  }

  #next(): CycleEvents {
    switch (this.phase) {
      case 'warm-up':
      case 'stopped':
        this.#enter('setup', SETUP_S * 0.3);
        break;
      case 'setup':
        this.#enter('loading', this.#vary(LOADING_S));
        break;
      case 'loading':
        this.operationIndex = 0;
        this.#enter('tool-change', TOOL_CHANGE_S);
        break;
      case 'tool-change':
        this.#enter('cutting', this.operation.durationS);
        break;
      case 'cutting':
        if (this.operationIndex + 1 < this.programme.operations.length) {
          this.operationIndex += 1;
          this.#enter('tool-change', TOOL_CHANGE_S);
        } else {
          this.#enter('unloading', this.#vary(UNLOADING_S));
        }
        break;
      case 'unloading':
        return this.#partDone();
    }
    return { partDone: false };
  }

  #partDone(): CycleEvents {
    this.lastCycleS = this.cycleS;
    this.cycleS = 0;
    this.#partsInLot += 1;
    if (this.#partsInLot >= this.#lotSize) {
      this.#partsInLot = 0;
      this.programme = PROGRAMMES[(PROGRAMMES.indexOf(this.programme) + 1) % PROGRAMMES.length]!;
      this.#enter('setup', this.#vary(SETUP_S));
    } else {
      this.#enter('loading', this.#vary(LOADING_S));
      if (this.#random.next() < 0.04) this.stop('material', 20 + 60 * this.#random.next());
    }
    return { partDone: true };
  }

  #enter(phase: Phase, seconds: number): void {
    this.phase = phase;
    this.elapsedS = 0;
    this.#phaseS = seconds;
  }

  #vary(seconds: number): number {
    return seconds * (0.9 + 0.2 * this.#random.next());
  }
}
