import type { Plant, PlantMachine } from '#contracts/config/plant.ts';
import type { TickSink } from '../model/produced-tick.ts';
import type { MachineModel, Surroundings } from '../model/machine-model.ts';
import type { Random } from '../model/random.ts';
import { createRandom } from '../model/random.ts';
import { MachineRunner } from './machine-runner.ts';

export interface SimulatedMachine {
  readonly machine: PlantMachine;
  /** Position in the plant's list of machines: what sinks know it by. */
  readonly position: number;
  readonly model: MachineModel;
}

const NO_COMPRESSOR_BAR = 7;

/**
 * All physical machines of a plant on one virtual clock. Each step first sums what the machines took in the
 * step before, so that the order of the machines does not matter.
 */
export class PlantSimulation {
  readonly runners: readonly MachineRunner[];
  readonly #machines: readonly SimulatedMachine[];
  readonly #plant: Plant;
  readonly #grid: Random;
  readonly #dtS: number;
  timeMs = 0;
  #airDemand = 0;
  #airPressureBar = NO_COMPRESSOR_BAR;
  #supplyVoltageV = 231;

  constructor(
    plant: Plant,
    seed: number,
    options: { machines: readonly SimulatedMachine[]; startMs: number },
  ) {
    this.#plant = plant;
    this.#machines = options.machines;
    this.#dtS = plant.tickMs / 1000;
    this.startAt(options.startMs);
    this.#grid = createRandom(seed, 'grid');
    this.runners = options.machines.map(
      ({ machine, model }) =>
        new MachineRunner({
          model,
          disturbances: machine.disturbances,
          random: (purpose) => createRandom(seed, machine.id, purpose),
        }),
    );
  }

  /** Sets the virtual clock, on a whole tick; only before the first step. */
  startAt(timeMs: number): void {
    this.timeMs = Math.ceil(timeMs / this.#plant.tickMs) * this.#plant.tickMs;
  }

  /** One base tick of every machine. */
  step(sink: TickSink): void {
    this.timeMs += this.#plant.tickMs;
    const surroundings = this.#surroundings();
    let airDemand = 0;
    let airPressureBar = NO_COMPRESSOR_BAR;
    this.runners.forEach((runner, i) => {
      const draw = runner.step(this.#dtS, surroundings);
      airDemand += draw.airM3PerMin;
      if (draw.airPressureBar !== undefined) airPressureBar = draw.airPressureBar;
      if (runner.tick.signals.length > 0) sink.accept(this.#machines[i]?.position ?? i, runner.tick);
    });
    this.#airDemand = airDemand;
    this.#airPressureBar = airPressureBar;
  }

  #surroundings(): Surroundings {
    // Mains voltage wanders slowly and is drawn back; the hall follows the day by 2 K, warmest at 15 h UTC.
    const pull = 0.004 * (231 - this.#supplyVoltageV) * this.#dtS;
    this.#supplyVoltageV += pull + 0.12 * Math.sqrt(this.#dtS) * this.#grid.gaussian();
    const hour = (this.timeMs / 3_600_000) % 24;
    return {
      timeMs: this.timeMs,
      ambientC: this.#plant.ambientC + 2 * Math.cos(((hour - 15) / 24) * 2 * Math.PI),
      supplyVoltageV: this.#supplyVoltageV,
      airPressureBar: this.#airPressureBar,
      airDemandM3PerMin: this.#airDemand,
    };
  }
}
