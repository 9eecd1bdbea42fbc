import type {
  Draw,
  Faults,
  MachineModel,
  ModelContext,
  Surroundings,
  WorkTruth,
} from '../../model/machine-model.ts';
import type { MaterialPorts, Part } from '../../model/part.ts';
import type { Random } from '../../model/random.ts';
import type { SignalValue } from '../../model/signal.ts';
import type { AgvParameters } from './parameters.ts';
import type { AgvSignal } from './signals.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';
import { quantize, ramp } from '../../model/lag.ts';
import { SensorNoise } from '../../model/sensor-noise.ts';
import { ThermalMass } from '../../model/thermal-mass.ts';
import { initialValues } from '../../model/values.ts';
import { AGV_SIGNALS, AGV_STATES, CHARGER, OBSTACLE } from './signals.ts';

type State = (typeof AGV_STATES)[number];
type Point = readonly [number, number];
type Route = AgvParameters['routes'][number];

const HANDLING_S = 4;
const ACCELERATION = 0.5;
const CHARGER_KW = 1.5;
const CHARGE_BELOW = 0.25;
const CHARGE_TO = 0.85;
const NOMINAL_V = 25.6;
const VEHICLE_KG = 240;
const PIECE_KG = 6;
/** Rolling on polyurethane wheels, and gears that turn with them. */
const ROLLING = 0.02;
const GRAVITY = 9.80665;
const DRIVE_EFFICIENCY = 0.78;
const ELECTRONICS_KW = 0.06;
const BATTERY_OHM = 0.012;
const CHARGER_EFFICIENCY = 0.92;

/** Guided vehicle: fetches what waits, brings it where there is room, and charges before it is empty. */
export class AgvModel implements MachineModel<AgvSignal> {
  readonly signals = AGV_SIGNALS;
  readonly values: Record<AgvSignal, SignalValue>;
  private readonly own: AgvParameters;
  private readonly noise: SensorNoise;
  private readonly traffic: Random;
  private readonly meter = new EnergyMeter(1_204_000n);
  private readonly motors = new ThermalMass(24, 3.2, 0.0022);
  private readonly battery = new ThermalMass(24, 20, 0.008);
  private state: State = 'Idle';
  private route: Route | undefined;
  private position: Point;
  private target: Point;
  private heading = 0;
  private speed = 0;
  private distanceM = 0;
  private handlingS = 0;
  private blockedS = 0;
  private untilBlockedS: number;
  private charge = 0.78;
  private cargo: Part[] = [];
  private carried = 0;
  private trips = 0;
  private onS = 0;

  constructor(parameters: AgvParameters, context: ModelContext) {
    this.values = initialValues(AGV_SIGNALS);
    this.own = parameters;
    this.noise = new SensorNoise(context.random('noise'));
    this.traffic = context.random('traffic');
    this.position = parameters.charger;
    this.target = parameters.charger;
    this.untilBlockedS = this.traffic.waitingTime(2) * 3600;
  }

  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw {
    this.onS += dtS;
    this.decide(surroundings.material, dtS);
    const speedBefore = this.speed;
    this.drive(dtS, faults.get('jam') ?? 0);
    const aged = 1 - 0.6 * (faults.get('battery-aged') ?? 0);
    const traction = this.traction(speedBefore, dtS);
    const isCharging = this.state === 'Charging';
    const chargerKw = isCharging ? CHARGER_KW * Math.min(1, (1 - this.charge) / 0.2 + 0.1) : 0;
    const netKw = CHARGER_EFFICIENCY * chargerKw - ELECTRONICS_KW - traction.powerKw;
    // What the current heats in the cells does not come back.
    const cellsKw = ((netKw * 1000) / NOMINAL_V) ** 2 * (BATTERY_OHM / aged / 1000);
    this.charge += ((netKw - cellsKw) * dtS) / 3600 / (this.own.batteryKwh * aged);
    this.charge = Math.max(0, Math.min(1, this.charge));
    this.motors.step(traction.lossKw, surroundings.ambientC, dtS);
    this.battery.step(cellsKw, surroundings.ambientC, dtS);
    const powerKw = 0.015 + chargerKw;
    this.meter.step(powerKw, dtS);
    this.publishOrder();
    this.publishMotion(traction.powerKw);
    this.publishBattery(netKw, powerKw, aged);
    return { powerKw, airM3PerMin: 0, work: this.work };
  }

  /** Rolling resistance and a mass that is brought to speed; braking gives back what the drives let through. */
  private traction(speedBefore: number, dtS: number): { readonly powerKw: number; readonly lossKw: number } {
    const massKg = VEHICLE_KG + PIECE_KG * this.cargo.length;
    const speed = (speedBefore + this.speed) / 2;
    const forceN = massKg * (ROLLING * GRAVITY * Math.sign(speed) + (this.speed - speedBefore) / dtS);
    const wheelsKw = (forceN * speed) / 1000;
    const powerKw = wheelsKw > 0 ? wheelsKw / DRIVE_EFFICIENCY : wheelsKw * DRIVE_EFFICIENCY;
    return { powerKw, lossKw: powerKw - wheelsKw };
  }

  private get work(): WorkTruth {
    const { state } = this;
    const idle = state === 'Idle' || state === 'Charging' || state === 'DrivingToCharger';
    const truth = { good: this.carried, scrap: 0, plannedS: 0, holding: this.cargo.length };
    if (this.isBlocked) return { ...truth, state: 'fault', reason: 'Blocked' };
    return { ...truth, state: idle ? 'idle' : 'producing', reason: state };
  }

  /** Something stands in the way. */
  private get isBlocked(): boolean {
    return this.blockedS > 0 && this.state.startsWith('Driving');
  }

  private decide(material: MaterialPorts, dtS: number): void {
    if (this.state === 'Idle') this.chooseOrder(material);
    else if (this.state === 'Loading') this.handle(dtS, () => this.loadOne(material));
    else if (this.state === 'Unloading') this.handle(dtS, () => this.unloadOne(material));
    else if (this.state === 'Charging' && this.charge >= CHARGE_TO) this.state = 'Idle';
  }

  /** The first route with something to fetch and room for it: routes are listed by importance. */
  private chooseOrder(material: MaterialPorts): void {
    if (this.charge < CHARGE_BELOW) {
      this.go('DrivingToCharger', this.own.charger);
      return;
    }
    const best = this.own.routes.find(
      ({ input, output }) => material.waiting(input) > 0 && material.room(output) > 0,
    );
    if (!best) return;
    this.route = best;
    this.go('DrivingToPick', best.from);
  }

  private handle(dtS: number, one: () => boolean): void {
    this.handlingS += dtS;
    if (this.handlingS < HANDLING_S) return;
    this.handlingS = 0;
    if (one() || !this.route) return;
    if (this.state === 'Loading' && this.cargo.length > 0) this.go('DrivingToPlace', this.route.to);
    else if (this.cargo.length === 0) {
      if (this.state === 'Unloading') this.trips += 1;
      this.state = 'Idle';
    }
  }

  /** @returns whether there was something to load. */
  private loadOne(material: MaterialPorts): boolean {
    const { input = 0, output = 0 } = this.route ?? {};
    if (this.cargo.length >= Math.min(this.own.capacity, material.room(output))) return false;
    const part = material.take(input);
    if (part) this.cargo.push(part);
    return part !== undefined;
  }

  /** Waits where the place is full. */
  private unloadOne(material: MaterialPorts): boolean {
    const { output = 0 } = this.route ?? {};
    if (this.cargo.length > 0 && material.room(output) < 1) return true;
    const part = this.cargo.shift();
    if (!part) return false;
    material.give(output, part);
    this.carried += 1;
    return true;
  }

  private go(state: State, target: Point): void {
    this.state = state;
    this.target = target;
    this.handlingS = 0;
  }

  private drive(dtS: number, jam: number): void {
    const driving = this.state.startsWith('Driving');
    this.untilBlockedS -= driving ? dtS * (1 + 80 * jam) : 0;
    if (this.untilBlockedS <= 0) {
      this.untilBlockedS = this.traffic.waitingTime(2) * 3600;
      this.blockedS = 8 + 30 * this.traffic.next() + 120 * jam;
    }
    this.blockedS = Math.max(0, this.blockedS - dtS);
    const [x, y] = this.position;
    const [dx, dy] = [this.target[0] - x, this.target[1] - y];
    const left = Math.hypot(dx, dy);
    const braking = Math.sqrt(2 * ACCELERATION * left);
    const wanted = driving && this.blockedS === 0 ? Math.min(this.own.speedMPerS, braking + 0.02) : 0;
    this.speed = ramp(this.speed, wanted, ACCELERATION * dtS * (wanted < this.speed ? 4 : 1));
    const move = Math.min(left, this.speed * dtS);
    if (left > 1e-6) {
      this.heading = Math.atan2(dy, dx);
      this.position = [x + (dx / left) * move, y + (dy / left) * move];
      this.distanceM += move;
    }
    if (driving && left - move < 0.02) this.arrive();
  }

  private arrive(): void {
    this.position = this.target;
    this.speed = 0;
    if (this.state === 'DrivingToPick') this.state = 'Loading';
    else if (this.state === 'DrivingToPlace') this.state = 'Unloading';
    else this.state = 'Charging';
  }

  private publishOrder(): void {
    const { values } = this;
    const blocked = this.isBlocked;
    const shown: State = blocked ? 'Blocked' : this.state;
    values.itemState = shown === 'Idle' || shown === 'Charging' ? 'NotExecuting' : 'Executing';
    values.operationMode = 'Processing';
    values.powerOnDuration = Math.round(this.onS * 1000);
    values.state = AGV_STATES.indexOf(shown);
    values.order = this.cargo[0]?.order ?? '';
    values.destination = this.target === this.own.charger ? CHARGER : `${this.target[0]}/${this.target[1]}`;
    values.load = this.cargo.length;
    values.carried = BigInt(this.carried);
    values.trips = this.trips;
    values.fieldViolation = blocked;
    values.emergencyStop = false;
    values.errorText = blocked ? OBSTACLE : '';
  }

  private publishMotion(tractionKw: number): void {
    const { values, noise } = this;
    values.x = noise.read(this.position[0], 0.003, 0.001);
    values.y = noise.read(this.position[1], 0.003, 0.001);
    values.theta = noise.read((this.heading * 180) / Math.PI, 0.05, 0.01);
    values.localization = Math.fround(noise.positive(Math.min(99, 97 - 3 * this.speed), 0.2, 0.1));
    values.speed = this.speed < 0.001 ? 0 : noise.positive(this.speed, 0.003, 0.001);
    values.distance = quantize(this.distanceM, 0.1);
    const amps = (Math.abs(tractionKw) * 1000) / NOMINAL_V / 2;
    values.motorLeft = noise.positive(amps, 0.05, 0.01);
    values.motorRight = noise.positive(amps * 1.02, 0.05, 0.01);
    values.motorTemperature = noise.read(this.motors.temperatureC, 0.05, 0.1);
  }

  private publishBattery(netKw: number, powerKw: number, aged: number): void {
    const { values, noise } = this;
    const current = (netKw * 1000) / NOMINAL_V;
    values.charge = quantize(this.charge * 100, 0.1);
    const voltage = 24 + 2.6 * this.charge + (BATTERY_OHM / aged) * current;
    values.voltage = noise.positive(voltage, 0.01, 0.01);
    values.current = noise.read(current, 0.05, 0.01);
    values.batteryTemperature = noise.read(this.battery.temperatureC, 0.03, 0.1);
    values.health = Math.fround(quantize(aged * 97, 0.1));
    values.charging = this.state === 'Charging';
    values.activePower = noise.positive(powerKw, 0.002, 0.001);
    values.energy = this.meter.registerWh;
  }
}
