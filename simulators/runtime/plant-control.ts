import type { LoadedPlant } from '../plants/load-plant.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { MachineControlPort, MachineFaultRequest } from '../server/simulation-methods.ts';
import type { MachineServer } from '../server/machine-server.ts';
import type { PlantSimulation } from './plant-simulation.ts';
import type { TruthSink } from './plant-truth.ts';
import { CONTROLLER_FAULTS } from '../faults/controller-faults.ts';
import { SENSOR_FAULTS } from '../faults/fault-book.ts';
import { machineKind } from '../machines/registry.ts';
import { runSteps } from '../scenarios/run-scenario.ts';
import { loadScenarios } from '../scenarios/scenario.ts';
import { isServerFault, SERVER_FAULTS } from '../server/server-faults.ts';
import { createWarmSimulation } from './create-simulation.ts';

export interface PlantControlOptions {
  readonly loaded: LoadedPlant;
  readonly seed: number;
  readonly sink: Partial<TruthSink>;
  simulation(): PlantSimulation;
  replace(simulation: PlantSimulation): void;
  server(machineId: string): MachineServer | undefined;
  onError(error: unknown): void;
}

export interface FaultRequest extends MachineFaultRequest {
  readonly machine: string;
}

interface Running {
  readonly scenario: Scenario;
  readonly startMs: number;
  done: number;
}

/** What an operator of the demonstration may do to a running plant: faults, scenarios, reset. */
export class PlantControl {
  readonly scenarios: readonly Scenario[] = loadScenarios();
  readonly #options: PlantControlOptions;
  readonly #startHash: string;
  #running: Running | undefined;

  constructor(options: PlantControlOptions) {
    this.#options = options;
    this.#startHash = options.simulation().hash;
  }

  /** Faults that a machine knows, by machine id. */
  get catalogue(): Readonly<Record<string, readonly string[]>> {
    const machines = this.#options.loaded.machines.filter((planned) => planned.type === 'physical');
    return Object.fromEntries(
      machines.map(({ machine, kind }) => [
        machine.id,
        [...machineKind(kind).faults, ...SENSOR_FAULTS, ...CONTROLLER_FAULTS, ...SERVER_FAULTS],
      ]),
    );
  }

  get state() {
    const simulation = this.#options.simulation();
    const ids = this.#options.loaded.machines
      .filter((planned) => planned.type === 'physical')
      .map(({ machine }) => machine.id);
    return {
      time: new Date(simulation.timeMs).toISOString(),
      stateHash: simulation.hash,
      startHash: this.#startHash,
      scenario: this.#running?.scenario.id ?? null,
      faults: simulation.faults.orders.map(({ machine, ...order }) => ({ ...order, machine: ids[machine] })),
    };
  }

  /** @returns what is wrong with the request; '' when it was done. */
  inject(request: FaultRequest): string {
    const { machine, fault, severity, rampS, durationS } = request;
    const known = this.catalogue[machine];
    if (!known) return `the plant has no machine ${machine}`;
    if (!known.includes(fault)) return `${machine} knows no fault ${fault}; it knows: ${known.join(', ')}`;
    if (!(severity > 0 && severity <= 1)) return 'severity must be above 0 and at most 1';
    if (!(rampS >= 0) || (durationS !== undefined && !(durationS > 0))) return 'times must be positive';
    if (isServerFault(fault)) {
      this.#options.server(machine)?.harm(fault, severity).catch(this.#options.onError);
      if (durationS !== undefined) {
        const end = (): void =>
          void this.#options.server(machine)?.harm(fault, 0).catch(this.#options.onError);
        setTimeout(end, durationS * 1000).unref();
      }
      return '';
    }
    const simulation = this.#options.simulation();
    const order = { ...request, machine: simulation.indexOf(machine) };
    if (simulation.faults.inject(order, simulation.timeMs)) return '';
    return `${machine} has no sensor ${request.signal ?? ''} that could fail; name the path of a scalar sensor`;
  }

  /** @param fault '' = all of the machine; without a machine: everything */
  clear(machine?: string, fault?: string): string {
    const simulation = this.#options.simulation();
    const { sink } = this.#options;
    if (machine === undefined) {
      simulation.faults.clear(sink, simulation.timeMs);
      for (const id of Object.keys(this.catalogue)) this.#options.server(id)?.healServer();
      return '';
    }
    const index = simulation.indexOf(machine);
    if (index < 0) return `the plant has no machine ${machine}`;
    const server = this.#options.server(machine);
    if (fault) {
      if (isServerFault(fault)) server?.harm(fault, 0).catch(this.#options.onError);
      simulation.faults.clear(sink, simulation.timeMs, { machine: index, fault });
    } else {
      server?.healServer();
      simulation.faults.clear(sink, simulation.timeMs, { machine: index });
    }
    return '';
  }

  /** Everything as at the start, faults gone, from this instant on. @returns the state hash before the first step */
  reset(): string {
    this.#running = undefined;
    this.clear();
    const { loaded, seed, replace } = this.#options;
    const fresh = createWarmSimulation(loaded, seed).plant;
    replace(fresh);
    return fresh.hash;
  }

  /** @returns '' or what is wrong */
  startScenario(id: string): string {
    const scenario = this.scenarios.find((each) => each.id === id);
    if (!scenario)
      return `there is no scenario ${id}; there are: ${this.scenarios.map((each) => each.id).join(', ')}`;
    const known = this.catalogue;
    const missing = scenario.steps.find(({ inject }) => inject && !known[inject.machine])?.inject?.machine;
    if (missing !== undefined) return `the plant has no machine ${missing}, which the scenario ${id} needs`;
    this.#running = { scenario, startMs: this.#options.simulation().timeMs, done: 0 };
    return '';
  }

  /** Before each tick: what is due of the running script. */
  readonly beforeStep = (simulation: PlantSimulation): void => {
    const running = this.#running;
    if (!running) return;
    const forS = (simulation.timeMs - running.startMs) / 1000;
    const steps = running.scenario.steps.toSorted((a, b) => a.at - b.at);
    const due = steps.slice(running.done).filter(({ at }) => at <= forS);
    running.done += due.length;
    runSteps(simulation, due, this.#options.sink);
    if (forS <= running.scenario.durationS) return;
    simulation.faults.clear(this.#options.sink, simulation.timeMs);
    this.#running = undefined;
  };

  /** The same, of one machine: what the methods of its server reach. */
  portOf(machine: string): MachineControlPort {
    return {
      faults: this.catalogue[machine] ?? [],
      inject: (request) => this.inject({ ...request, machine }),
      clear: (fault) => this.clear(machine, fault),
      reset: () => this.reset(),
    };
  }
}
