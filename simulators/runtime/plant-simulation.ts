import type { Plant, PlantMachine } from '#contracts/config/plant.ts';
import type { AirSupply, Draw, Loads, MachineModel, Surroundings } from '../model/machine-model.ts';
import type { MaterialPorts } from '../model/part.ts';
import type { TickSink } from '../model/produced-tick.ts';
import type { MachineTotals, SiteTotals, TruthSink } from './plant-truth.ts';
import { createRandom } from '../model/random.ts';
import { FaultBook } from '../faults/fault-book.ts';
import { BaseLoad } from '../site/base-load.ts';
import { HallClimate } from '../site/hall-climate.ts';
import { MaterialNetwork } from '../site/material-network.ts';
import { PowerGrid } from '../site/power-grid.ts';
import { ShiftCalendar } from '../site/shift-calendar.ts';
import { stateHash } from './state-hash.ts';
import { MachineRunner } from './machine-runner.ts';

export interface SimulatedMachine {
  readonly machine: PlantMachine;
  /** Position in the plant's list of machines: what sinks know it by. */
  readonly position: number;
  readonly model: MachineModel;
}

export interface PlantSimulationOptions {
  readonly machines: readonly SimulatedMachine[];
  readonly startMs: number;
}

const NOBODY: TickSink = { accept: () => undefined };
const NO_COMPRESSOR_BAR = 7;
const TOTALS_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;

/** What one machine has drawn since the start. */
interface Meter {
  powerKw: number;
  /** Of the step before: what the meters see. */
  seenKw: number;
  energyKwh: number;
  airM3: number;
  state: string;
}

/**
 * All physical machines of a plant on one virtual clock, with what they share: people, material, mains, hall,
 * compressed air. Each step a machine sees what the others did in the step before, so that their order does
 * not matter.
 */
export class PlantSimulation {
  readonly runners: readonly MachineRunner[];
  readonly material: MaterialNetwork;
  readonly hall: HallClimate;
  readonly base: BaseLoad;
  readonly grid: PowerGrid;
  readonly faults: FaultBook;
  timeMs = 0;
  private readonly options: { readonly plant: Plant; readonly machines: readonly SimulatedMachine[] };
  private readonly calendar: ShiftCalendar;
  private readonly ports: readonly MaterialPorts[];
  private readonly meters: readonly Meter[];
  private readonly loads: Loads;
  private readonly dtS: number;
  private airDemand = 0;
  private airPressureBar = NO_COMPRESSOR_BAR;
  private readonly air = { airDeliveredM3: 0, airLeakedM3: 0, airOtherM3: 0, airStoredM3: 0 };

  constructor(plant: Plant, seed: number, { machines, startMs }: PlantSimulationOptions) {
    this.options = { plant, machines };
    this.dtS = plant.tickMs / 1000;
    this.startAt(startMs);
    this.calendar = new ShiftCalendar(plant.calendar);
    this.material = new MaterialNetwork(withPrivatePlaces(plant, machines));
    this.hall = new HallClimate({ ...plant.building, setpointC: plant.ambientC }, plant.ambientC);
    this.base = new BaseLoad(plant.building, createRandom(seed, 'base load'));
    this.grid = new PowerGrid(createRandom(seed, 'grid'), plant.building.feederOhm);
    this.ports = machines.map(({ machine, model }) => {
      const inputs = machine.inputs.length > 0 ? machine.inputs : [privateSource(machine)];
      const outputs = machine.outputs.length > 0 ? machine.outputs : [`${machine.id}-store`];
      return this.material.ports(inputs, model ? outputs : []);
    });
    this.meters = machines.map(() => ({ powerKw: 0, seenKw: 0, energyKwh: 0, airM3: 0, state: '' }));
    this.loads = this.createLoads();
    this.runners = machines.map(
      ({ machine, model }) =>
        new MachineRunner({
          model,
          disturbances: machine.disturbances,
          random: (purpose) => createRandom(seed, machine.id, purpose),
        }),
    );
    this.faults = new FaultBook(this.runners);
  }

  /** A machine's place among the physical ones; -1 where it is none. */
  indexOf(machineId: string): number {
    return this.options.machines.findIndex(({ machine }) => machine.id === machineId);
  }

  /** Lets `durationS` pass before anybody looks: heat, material and work are as in a plant that runs, and nothing is produced. */
  warmUp(durationS: number): void {
    const ticks = Math.round(durationS / this.dtS);
    for (let i = 0; i < ticks; i += 1) this.step(NOBODY);
    for (const runner of this.runners) runner.startOver();
    for (const meter of this.meters) meter.state = '';
  }

  /** Sets the virtual clock, on a whole tick; only before the first step that produces. */
  startAt(timeMs: number): void {
    const { tickMs } = this.options.plant;
    this.timeMs = Math.ceil(timeMs / tickMs) * tickMs;
  }

  /** One base tick of every machine. */
  step(sink: TickSink & Partial<TruthSink>): void {
    this.timeMs += this.options.plant.tickMs;
    this.faults.step(this.timeMs, sink);
    const around = this.shared();
    let airDemand = 0;
    let airPressureBar = NO_COMPRESSOR_BAR;
    let powerKw = 0;
    for (let i = 0; i < this.runners.length; i += 1) {
      const runner = this.runners[i]!;
      const draw = runner.step(this.dtS, { ...around, material: this.ports[i]! });
      airDemand += draw.airM3PerMin;
      powerKw += draw.powerKw;
      if (draw.air) airPressureBar = draw.air.pressureBar;
      if (draw.air) this.takeAir(draw.air);
      this.record(i, draw, sink);
      if (runner.tick.signals.length > 0) sink.accept(this.options.machines[i]?.position ?? i, runner.tick);
    }
    this.settle(around.shift, powerKw);
    this.airDemand = airDemand;
    this.airPressureBar = airPressureBar;
    if (sink.observe && this.timeMs % TOTALS_EVERY_MS === 0) this.observeTotals(sink as TruthSink);
  }

  /** SHA-256 of everything that decides how the plant goes on, absolute time excepted. */
  get hash(): string {
    return stateHash(this);
  }

  machineTotals(i: number): MachineTotals {
    const work = this.runners[i]?.work;
    const { energyKwh = 0, airM3 = 0 } = this.meters[i] ?? {};
    const { good = 0, scrap = 0, plannedS = 0, holding = 0 } = work ?? {};
    return { good, scrap, plannedS, holding, energyKwh, airM3 };
  }

  get siteTotals(): SiteTotals {
    const { entered, left, scrapped, buffered } = this.material.counts;
    return {
      baseKwh: this.base.energyKwh,
      feederLossKwh: this.grid.lossKwh,
      hallC: this.hall.temperatureC,
      hallGainedKwh: this.hall.gainedKwh,
      hallLostKwh: this.hall.lostKwh,
      partsEntered: entered,
      partsLeft: left,
      partsScrapped: scrapped,
      partsBuffered: buffered,
      ...this.air,
    };
  }

  private takeAir({ deliveredM3PerMin, leakM3PerMin, otherM3PerMin, storedM3 }: AirSupply): void {
    const minutes = this.dtS / 60;
    this.air.airDeliveredM3 += deliveredM3PerMin * minutes;
    this.air.airLeakedM3 += leakM3PerMin * minutes;
    this.air.airOtherM3 += otherM3PerMin * minutes;
    this.air.airStoredM3 = storedM3;
  }

  private shared(): Omit<Surroundings, 'material'> {
    return {
      timeMs: this.timeMs,
      ambientC: this.hall.temperatureC,
      supplyVoltageV: this.grid.voltageV,
      frequencyHz: this.grid.frequencyHz,
      airPressureBar: this.airPressureBar,
      airDemandM3PerMin: this.airDemand,
      shift: this.calendar.phaseAt(this.timeMs),
      loads: this.loads,
    };
  }

  private record(i: number, draw: Draw, sink: Partial<TruthSink>): void {
    const meter = this.meters[i]!;
    meter.powerKw = draw.powerKw;
    meter.energyKwh += (draw.powerKw * this.dtS) / 3600;
    meter.airM3 += (draw.airM3PerMin * this.dtS) / 60;
    const { state, reason } = draw.work;
    const now = `${state} ${reason}`;
    if (now === meter.state) return;
    meter.state = now;
    const machine = this.options.machines[i]?.position ?? i;
    sink.observe?.({ type: 'state', timeMs: this.timeMs, machine, state, reason });
  }

  /** What everybody shares follows what everybody did. All that machines draw ends as heat in the hall. */
  private settle(shift: Surroundings['shift'], powerKw: number): void {
    const { outdoorC } = this.options.plant.building;
    const hour = (this.timeMs % DAY_MS) / 3_600_000;
    const outside = outdoorC + 4 * Math.cos(((hour - 12) / 24) * 2 * Math.PI);
    const others = this.base.powerKw - this.hall.heaterKw;
    this.hall.step(this.dtS, powerKw + others, outside);
    this.base.step(this.dtS, shift, this.hall.heaterKw);
    this.grid.step(this.dtS, powerKw + this.base.powerKw);
    this.material.settle();
    for (const meter of this.meters) meter.seenKw = meter.powerKw;
  }

  private createLoads(): Loads {
    const { base, grid, meters } = this;
    const places = new Map(this.options.machines.map(({ machine }, i) => [machine.id, i]));
    return {
      machineKw: (id) => meters[places.get(id) ?? -1]?.seenKw ?? 0,
      get baseKw() {
        return base.powerKw;
      },
      get feederLossKw() {
        return grid.lossKw;
      },
    };
  }

  private observeTotals(sink: TruthSink): void {
    const machines = this.runners.map((_, i) => this.machineTotals(i));
    sink.observe({ type: 'truth', timeMs: this.timeMs, machines, site: this.siteTotals });
  }
}

const privateSource = (machine: PlantMachine): string => `${machine.id}-supply`;

/** A machine that the plant file gives no input has a supply of its own that never ends. */
function withPrivatePlaces(plant: Plant, machines: readonly SimulatedMachine[]): Plant['material'] {
  const own = machines
    .filter(({ machine }) => machine.inputs.length === 0)
    .map(({ machine }) => ({ id: privateSource(machine), lots: STANDARD_LOTS }));
  return { ...plant.material, sources: [...plant.material.sources, ...own] };
}

const STANDARD_LOTS = [
  { article: 'A-100', quantity: 12 },
  { article: 'B-200', quantity: 12 },
];
