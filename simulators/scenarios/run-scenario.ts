import type { LoadedPlant } from '../plants/load-plant.ts';
import type { TickSink } from '../model/produced-tick.ts';
import type { PlantSimulation } from '../runtime/plant-simulation.ts';
import type { TruthSink } from '../runtime/plant-truth.ts';
import type { Scenario, ScenarioStep, Symptom } from './scenario.ts';
import { createSimulation } from '../runtime/create-simulation.ts';

/** When a symptom was first seen, s after the first injection; `undefined`: never. */
export interface SeenSymptom {
  readonly symptom: Symptom;
  readonly afterS: number | undefined;
}

/** Means and spreads of a signal in consecutive windows. */
export interface WindowedSignal {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** A plant lived through once: what each watched signal did. `machine signal windowS` -> windows. */
export type Watched = ReadonlyMap<string, WindowedSignal>;

export const watchKey = ({ machine, signal, windowS }: Symptom): string => `${machine} ${signal} ${windowS}`;

/** Does what is due of a script. @throws RangeError where it names what the plant has not */
export function runSteps(
  plant: PlantSimulation,
  steps: readonly ScenarioStep[],
  sink: Partial<TruthSink>,
): void {
  for (const { inject, clear } of steps) {
    if (clear) {
      const machine = plant.indexOf(clear.machine);
      const which = clear.fault === undefined ? { machine } : { machine, fault: clear.fault };
      plant.faults.clear(sink, plant.timeMs, which);
    }
    if (!inject) continue;
    const machine = plant.indexOf(inject.machine);
    if (!plant.faults.inject({ ...inject, machine }, plant.timeMs))
      throw new RangeError(`${inject.machine} has no ${inject.signal ?? 'such machine'}`);
  }
}

export interface WatchOptions {
  readonly symptoms: readonly Symptom[];
  readonly withFaults: boolean;
  /** Asked once a virtual minute: whether enough was seen. */
  readonly isEnough?: (watched: Watched) => boolean;
}
const LOOK_EVERY_S = 60;

/** Lives through the scenario's time with or without its faults, watching signals. */
export function watchPlant(loaded: LoadedPlant, scenario: Scenario, options: WatchOptions): Watched {
  const { plant } = createSimulation(loaded, scenario.seed, Date.parse(loaded.plant.startsAt));
  const watches = options.symptoms.map((symptom) => new Watch(plant, symptom));
  const sink: TickSink & Partial<TruthSink> = { accept: () => undefined };
  const tickS = loaded.plant.tickMs / 1000;
  const watched: Watched = new Map(watches.map((watch) => [watchKey(watch.symptom), watch]));
  const ticksALook = Math.round(LOOK_EVERY_S / tickS);
  let left = options.withFaults ? scenario.steps.toSorted((a, b) => a.at - b.at) : [];
  for (let tick = 0; tick * tickS < scenario.durationS; tick += 1) {
    const due = left.filter(({ at }) => at <= tick * tickS);
    if (due.length > 0) left = left.slice(due.length);
    runSteps(plant, due, sink);
    plant.step(sink);
    for (const watch of watches) watch.step(tickS);
    if ((tick + 1) % ticksALook === 0 && options.isEnough?.(watched)) break;
  }
  return watched;
}

class Watch implements WindowedSignal {
  readonly symptom: Symptom;
  readonly means: number[] = [];
  readonly deviations: number[] = [];
  private readonly read: () => number;
  private sum = 0;
  private squares = 0;
  private count = 0;
  private elapsedS = 0;

  constructor(plant: PlantSimulation, symptom: Symptom) {
    this.symptom = symptom;
    const runner = plant.runners[plant.indexOf(symptom.machine)];
    const position = runner?.signals.findIndex(({ path }) => path === symptom.signal) ?? -1;
    if (!runner || position < 0) throw new RangeError(`${symptom.machine} has no signal ${symptom.signal}`);
    this.read = () => Number(runner.reading(position) ?? Number.NaN);
  }

  step(dtS: number): void {
    const value = this.read();
    if (Number.isFinite(value)) {
      this.sum += value;
      this.squares += value * value;
      this.count += 1;
    }
    this.elapsedS += dtS;
    if (this.elapsedS + 1e-9 < this.symptom.windowS) return;
    const mean = this.count > 0 ? this.sum / this.count : Number.NaN;
    this.means.push(mean);
    this.deviations.push(Math.sqrt(Math.max(0, this.squares / Math.max(1, this.count) - mean * mean)));
    this.sum = 0;
    this.squares = 0;
    this.count = 0;
    this.elapsedS = 0;
  }
}

/** First window in which the faulty plant differs from the healthy one as the symptom says. */
export function findSymptom(
  symptom: Symptom,
  plants: { readonly healthy: Watched; readonly faulty: Watched },
  firstAtS: number,
): SeenSymptom {
  const key = watchKey(symptom);
  const healthy = plants.healthy.get(key);
  const faulty = plants.faulty.get(key);
  const count = faulty?.means.length ?? 0;
  for (let i = 0; i < count; i += 1) {
    const endS = (i + 1) * symptom.windowS;
    if (endS <= firstAtS) continue;
    const isSeen = differs(symptom, {
      healthy: healthy?.means[i] ?? Number.NaN,
      faulty: faulty?.means[i] ?? Number.NaN,
      healthyDeviation: healthy?.deviations[i] ?? Number.NaN,
      faultyDeviation: faulty?.deviations[i] ?? Number.NaN,
    });
    if (isSeen) return { symptom, afterS: endS - firstAtS };
  }
  return { symptom, afterS: undefined };
}

interface Compared {
  readonly healthy: number;
  readonly faulty: number;
  readonly healthyDeviation: number;
  readonly faultyDeviation: number;
}

function differs({ change, by }: Symptom, now: Compared): boolean {
  const share = typeof by === 'string' ? Number(by.slice(0, -2)) / 100 : undefined;
  const amount = share === undefined ? (by as number) : share * Math.abs(now.healthy);
  switch (change) {
    case 'rises':
      return now.faulty - now.healthy > Math.max(amount, 1e-9);
    case 'falls':
      return now.healthy - now.faulty > Math.max(amount, 1e-9);
    case 'freezes':
      return now.faultyDeviation < 1e-6 && now.healthyDeviation > 1e-6;
    case 'scatters':
      return now.faultyDeviation - now.healthyDeviation > amount;
  }
}
