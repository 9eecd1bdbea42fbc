import type { Draw, MachineModel, ModelContext, Surroundings } from '../../model/machine-model.ts';
import type { SignalDefinition, SignalValue } from '../../model/signal.ts';
import type { MeterParameters } from './parameters.ts';
import { FirstOrderLag, quantize } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { initialValues } from '../../model/values.ts';
import { MeteredFeeder } from './metering.ts';
import { initialRegisters } from './registers.ts';
import { meterSignals } from './signals.ts';

const OWN_KW = 0.02;
/** Class 0.2 S instruments, as adjusted: well inside it. */
const GAIN_ERROR = 0.0004;
const ALWAYS = { state: 'producing', reason: '', good: 0, scrap: 0, plannedS: 0, holding: 0 } as const;

interface Feeder {
  readonly id: string;
  readonly meter: MeteredFeeder;
}

/**
 * The plant's distribution board: a main meter with its own instrument, one for the building, one per machine.
 * The main meter measures what flows through it; nothing here is the remainder of anything else.
 */
export class MeterModel implements MachineModel {
  readonly signals: Readonly<Record<string, SignalDefinition>>;
  readonly values: Record<string, SignalValue>;
  private readonly noise: SensorNoise;
  private readonly main: MeteredFeeder;
  private readonly building: MeteredFeeder;
  private readonly feeders: readonly Feeder[];
  private readonly own: MeterParameters;
  private readonly cabinet = new FirstOrderLag(26, 1800);
  private reactiveKvarh = 0;
  private onS = 0;

  constructor(parameters: MeterParameters, context: ModelContext) {
    const others = context.machineIds.filter((id) => id !== context.machineId);
    const ids = parameters.feeders.length > 0 ? parameters.feeders : others;
    this.own = parameters;
    this.signals = meterSignals(ids);
    this.values = initialValues(this.signals);
    this.noise = new SensorNoise(context.random('noise'));
    const instruments = context.random('instruments');
    const initialWh = BigInt(Math.round(parameters.initialKwh * 1000));
    this.main = new MeteredFeeder(instruments, initialWh, GAIN_ERROR);
    const { building, feeders } = initialRegisters(parameters, ids, context.random('registers'));
    this.building = new MeteredFeeder(instruments, building, GAIN_ERROR);
    this.feeders = ids.map((id, i) => ({
      id,
      meter: new MeteredFeeder(instruments, feeders[i] ?? 0n, GAIN_ERROR),
    }));
  }

  step(dtS: number, surroundings: Surroundings): Draw {
    this.onS += dtS;
    const { loads, supplyVoltageV } = surroundings;
    let mainKw = loads.baseKw + loads.feederLossKw;
    for (const { id, meter } of this.feeders) {
      const machineKw = loads.machineKw(id);
      mainKw += machineKw;
      meter.step(dtS, machineKw, supplyVoltageV, this.own.ratedKw / 4);
    }
    this.building.step(dtS, loads.baseKw, supplyVoltageV, this.own.ratedKw / 3);
    this.main.step(dtS, mainKw + OWN_KW, supplyVoltageV, this.own.ratedKw);
    this.reactiveKvarh += (this.main.reactiveKvar * dtS) / 3600;
    this.cabinet.step(surroundings.ambientC + 4 + 0.05 * this.main.activeKw, dtS);
    this.publishMain(surroundings);
    this.publishFeeders();
    return { powerKw: OWN_KW, airM3PerMin: 0, work: ALWAYS };
  }

  private publishMain(surroundings: Surroundings): void {
    const { values, noise, main } = this;
    values['itemState'] = 'Executing';
    values['operationMode'] = 'Processing';
    values['powerOnDuration'] = Math.round(this.onS * 1000);
    values['activePower'] = noise.positive(main.activeKw, 0.01, 0.001);
    values['reactivePower'] = noise.read(main.reactiveKvar, 0.01, 0.001);
    values['apparentPower'] = quantize(main.activeKw / main.powerFactor, 0.001);
    values['powerFactor'] = quantize(main.powerFactor * 100, 0.1);
    values['frequency'] = noise.read(surroundings.frequencyHz, 0.001, 0.001);
    values['phasePower'] = main.phases.map(({ activeKw }) => quantize(activeKw, 0.001));
    values['voltages'] = main.phases.map(({ voltageV }) => noise.read(voltageV, 0.08, 0.01));
    values['lineVoltages'] = main.phases.map(({ voltageV }) =>
      noise.read(voltageV * Math.sqrt(3), 0.12, 0.01),
    );
    values['currents'] = main.phases.map(({ currentA }) =>
      Math.fround(noise.positive(currentA, 0.02, 0.001)),
    );
    values['distortion'] = noise.positive(2.1 + 0.01 * main.activeKw, 0.02, 0.01);
    values['maximumDemand'] = quantize(main.maximumDemandKw, 0.01);
    values['energy'] = main.register.registerWh;
    values['reactiveEnergy'] = quantize(this.reactiveKvarh, 0.1);
    values['buildingPower'] = noise.positive(this.building.activeKw, 0.005, 0.001);
    values['buildingEnergy'] = this.building.register.registerWh;
    values['cabinetTemperature'] = noise.read(this.cabinet.value, 0.03, 0.1);
  }

  private publishFeeders(): void {
    const { values, noise } = this;
    for (const { id, meter } of this.feeders) {
      values[`${id}.activePower`] = noise.positive(meter.activeKw, 0.004, 0.001);
      values[`${id}.currents`] = meter.phases.map(({ currentA }) => Math.fround(quantize(currentA, 0.001)));
      values[`${id}.powerFactor`] = Math.fround(quantize(meter.powerFactor * 100, 0.1));
      values[`${id}.energy`] = meter.register.registerWh;
    }
  }
}
