import type { Surroundings, WorkTruth } from '../../model/machine-model.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { WorkState } from '../../model/work-state.ts';
import type { PackagingParameters } from './parameters.ts';
import { PackMl } from './packml.ts';

const JAM_S = 95;
const ABORT_AFTER_HELD_S = 240;
const SETUP_S = 150;

/** Runs a PackML unit as its crew does: resets, starts, holds on a jam, suspends for want of pieces or room. */
export class LineControl implements WorkTruth {
  readonly unit = new PackMl();
  state: WorkState = 'idle';
  reason = '';
  good = 0;
  scrap = 0;
  plannedS = 0;
  order = '';
  article = '';
  orderCartons = 0;
  lastCycleS = 0;
  stopReason = 0;
  inWork: Part[] = [];
  pending: Part[] = [];
  /** Share of cartons whose glue does not hold. */
  openSeams = 0;
  private readonly own: PackagingParameters;
  private readonly random: Random;
  private cartonS = 0;
  private jamLeftS = 0;
  private untilJamS: number;
  private setupLeftS = SETUP_S * 0.3;

  constructor(own: PackagingParameters, random: Random) {
    this.own = own;
    this.random = random;
    this.untilJamS = random.waitingTime(own.jamsPerHour) * 3600;
  }

  get holding(): number {
    return this.inWork.length + this.pending.length;
  }

  get cycleS(): number {
    return 60 / this.own.cartonsPerMin;
  }

  /** @param judge whether a piece is fit to be sold, as the checkweigher sees it. @returns cartons done */
  step(
    dtS: number,
    { shift, material, airPressureBar }: Pick<Surroundings, 'shift' | 'material' | 'airPressureBar'>,
    jamRate: number,
  ): boolean {
    this.jam(dtS, jamRate);
    const deliverable = this.deliver(material);
    const waiting = material.waiting(0) + this.inWork.length;
    const enough = waiting >= this.own.cartonPieces;
    const wanted = shift === 'working';
    this.command({ wanted, enough, deliverable, air: airPressureBar > 4.9 });
    this.unit.step(dtS);
    if (this.unit.state === 'Stopped' || this.unit.state === 'Complete')
      this.setupLeftS = Math.max(0, this.setupLeftS - dtS);
    this.classify({ wanted, enough, deliverable });
    if (this.unit.state !== 'Execute') return false;
    return this.pack(dtS, material);
  }

  private jam(dtS: number, jamRate: number): void {
    this.jamLeftS = Math.max(0, this.jamLeftS - dtS);
    if (this.unit.state !== 'Execute') return;
    this.untilJamS -= dtS * (1 + 60 * jamRate);
    if (this.untilJamS > 0) return;
    this.untilJamS = this.random.waitingTime(this.own.jamsPerHour) * 3600;
    this.jamLeftS = JAM_S * (0.4 + 1.2 * this.random.next()) * (1 + 3 * jamRate);
    this.stopReason = 1204;
  }

  private command(now: {
    readonly wanted: boolean;
    readonly enough: boolean;
    readonly deliverable: boolean;
    readonly air: boolean;
  }): void {
    const { unit } = this;
    const runnable = now.enough && now.deliverable;
    switch (unit.state) {
      case 'Execute':
        if (!now.air) unit.command('abort');
        else if (this.jamLeftS > 0) unit.command('hold');
        else if (!now.wanted) unit.command('stop');
        else if (!runnable && this.inWork.length === 0) unit.command('suspend');
        break;
      case 'Suspended':
        if (!now.wanted) unit.command('stop');
        else if (runnable) unit.command('unsuspend');
        break;
      case 'Held':
        if (this.jamLeftS <= 0) unit.command('unhold');
        else if (unit.stateS > ABORT_AFTER_HELD_S) unit.command('abort');
        break;
      case 'Aborted':
        if (this.jamLeftS <= 0 && now.air) unit.command('clear');
        break;
      case 'Stopped':
      case 'Complete':
        if (now.wanted && this.setupLeftS <= 0) unit.command('reset');
        break;
      case 'Idle':
        if (now.wanted) unit.command('start');
        break;
      default: // acting states end by themselves
    }
  }

  private classify(now: {
    readonly wanted: boolean;
    readonly enough: boolean;
    readonly deliverable: boolean;
  }): void {
    const { state } = this.unit;
    this.reason = state;
    if (state === 'Execute') {
      this.state = 'producing';
      this.reason = '';
      this.stopReason = 0;
    } else if (['Holding', 'Held', 'Unholding', 'Aborting', 'Aborted', 'Clearing'].includes(state))
      this.state = 'fault';
    else if (!now.wanted) this.state = 'planned-stop';
    else if (state.startsWith('Suspend') || state === 'Unsuspending')
      this.state = now.deliverable ? 'starved' : 'blocked';
    else this.state = 'setup';
  }

  private pack(dtS: number, material: Surroundings['material']): boolean {
    if (this.inWork.length === 0 && material.waiting(0) < this.own.cartonPieces) return false;
    while (this.inWork.length < this.own.cartonPieces) {
      const part = material.take(0);
      if (!part) break;
      this.inWork.push(part);
      this.order = part.order;
      this.article = part.article;
    }
    this.cartonS += dtS;
    if (this.cartonS < this.cycleS) return false;
    this.lastCycleS = this.cartonS;
    this.cartonS = 0;
    this.plannedS += this.cycleS;
    const isOpen = this.openSeams > 0 && this.random.next() < this.openSeams;
    for (const part of this.inWork) {
      // The checkweigher finds what is too light, its gate what is open; what is only ugly passes.
      if (isOpen || part.defect === 'short-shot' || this.random.next() < 0.002) {
        this.scrap += 1;
        material.scrap(part);
      } else {
        this.good += 1;
        this.pending.push(part);
      }
    }
    this.inWork = [];
    this.orderCartons += 1;
    if (this.orderCartons >= this.own.orderCartons) {
      this.orderCartons = 0;
      this.setupLeftS = SETUP_S * (0.7 + 0.6 * this.random.next());
      this.unit.complete();
    }
    return true;
  }

  private deliver(material: Surroundings['material']): boolean {
    if (this.pending.length === 0) return true;
    if (material.room(0) < this.pending.length) return false;
    for (const part of this.pending) material.give(0, part);
    this.pending = [];
    return true;
  }
}
