import type { Judged, Stage } from '../../model/work-cycle.ts';
import type { Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { WorkConditions } from '../../model/work-cycle.ts';
import { WorkCycle } from '../../model/work-cycle.ts';

export interface TestCommand {
  readonly name: string;
  readonly stepNumber: number;
  readonly rpm: number;
  /** 0 closed, 1 open. */
  readonly valveOpening: number;
  readonly trimPercent: number;
}

interface TestStep extends Stage {
  readonly speedShare: number;
  readonly valveOpening: number;
}

export const CHANGE_SPECIMEN = 'Change specimen';
export const NOMINAL_DUTY = 'Nominal duty point';

/** A pump acceptance run: a pause to change the specimen, duty points of the curve, a throttled section. */
export const TEST_STEPS: readonly TestStep[] = [
  { name: CHANGE_SPECIMEN, speedShare: 0, valveOpening: 1, seconds: 45 },
  { name: 'Run-in', speedShare: 0.5, valveOpening: 1, seconds: 60 },
  { name: NOMINAL_DUTY, speedShare: 0.8, valveOpening: 1, seconds: 240 },
  { name: 'Throttled 50 %', speedShare: 0.8, valveOpening: 0.5, seconds: 120 },
  { name: 'Shut-off head', speedShare: 0.8, valveOpening: 0.08, seconds: 40 },
  { name: 'Maximum flow', speedShare: 1, valveOpening: 1, seconds: 150 },
  { name: 'Low speed', speedShare: 0.4, valveOpening: 0.8, seconds: 90 },
];

export interface TestProgrammeOptions {
  readonly random: Random;
  readonly maximumRpm: number;
  finish(part: Part): Judged;
}

/** Takes specimen after specimen through the steps; pace and speeds vary a little from step to step. */
export class TestProgramme {
  readonly work: WorkCycle;
  private readonly random: Random;
  private readonly maximumRpm: number;
  private current = -1;
  private trimPercent = 0;
  private pace = 1;

  constructor({ random, maximumRpm, finish }: TestProgrammeOptions) {
    this.random = random;
    this.maximumRpm = maximumRpm;
    this.work = new WorkCycle({
      random,
      recipe: () => ({ stages: TEST_STEPS, batch: 1, setupS: 0 }),
      finish,
      attended: true,
      stopsPerHour: 0.3,
      meanStopS: 60,
    });
  }

  step(dtS: number, conditions: Omit<WorkConditions, 'pace'>): TestCommand {
    this.work.step(dtS, { ...conditions, pace: this.pace });
    const isRunning = this.work.inWork.length > 0 && this.work.state === 'producing';
    const stepNumber = isRunning ? this.work.stageIndex : 0;
    if (stepNumber !== this.current) {
      this.current = stepNumber;
      this.trimPercent = this.random.integer(-4, 0);
      this.pace = 0.87 + 0.3 * this.random.next();
    }
    const { name, speedShare, valveOpening } = TEST_STEPS[stepNumber] ?? TEST_STEPS[0]!;
    const rpm = Math.round(this.maximumRpm * speedShare * (1 + this.trimPercent / 100));
    return { name, stepNumber, rpm, valveOpening, trimPercent: this.trimPercent };
  }
}
