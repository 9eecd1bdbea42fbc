import type { Random } from '../../model/random.ts';

export interface TestCommand {
  readonly name: string;
  readonly stepNumber: number;
  readonly rpm: number;
  /** 0 closed, 1 open. */
  readonly valveOpening: number;
  readonly trimPercent: number;
}

interface Step {
  readonly name: string;
  readonly speedShare: number;
  readonly valveOpening: number;
  readonly durationS: number;
}

/** A pump acceptance run: duty points of the curve, a throttled section, a pause to change the specimen. */
const STEPS: readonly Step[] = [
  { name: 'Change specimen', speedShare: 0, valveOpening: 1, durationS: 45 },
  { name: 'Run-in', speedShare: 0.5, valveOpening: 1, durationS: 60 },
  { name: 'Nominal duty point', speedShare: 0.8, valveOpening: 1, durationS: 240 },
  { name: 'Throttled 50 %', speedShare: 0.8, valveOpening: 0.5, durationS: 120 },
  { name: 'Shut-off head', speedShare: 0.8, valveOpening: 0.08, durationS: 40 },
  { name: 'Maximum flow', speedShare: 1, valveOpening: 1, durationS: 150 },
  { name: 'Low speed', speedShare: 0.4, valveOpening: 0.8, durationS: 90 },
];

/** Goes through the steps round after round; the pause and each speed vary a little from round to round. */
export class TestProgramme {
  readonly #random: Random;
  readonly #maximumRpm: number;
  #index = 1;
  #leftS = 20;
  #trimPercent = 0;

  constructor(random: Random, maximumRpm: number) {
    this.#random = random;
    this.#maximumRpm = maximumRpm;
  }

  step(dtS: number): TestCommand {
    this.#leftS -= dtS;
    if (this.#leftS <= 0) this.#advance();
    const { name, speedShare, valveOpening } = STEPS[this.#index] ?? { ...STEPS[0]! };
    const rpm = Math.round(this.#maximumRpm * speedShare * (1 + this.#trimPercent / 100));
    return { name, stepNumber: this.#index, rpm, valveOpening, trimPercent: this.#trimPercent };
  }

  #advance(): void {
    this.#index = (this.#index + 1) % STEPS.length;
    const step = STEPS[this.#index];
    this.#leftS = (step?.durationS ?? 60) * (0.85 + 0.3 * this.#random.next());
    this.#trimPercent = this.#random.integer(-4, 0);
  }
}
