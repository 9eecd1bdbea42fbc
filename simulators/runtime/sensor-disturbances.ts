import type { Disturbances } from '#contracts/config/plant.ts';
import type { Random } from '../model/random.ts';
import type { SignalDefinition } from '../model/signal.ts';
import { GOOD } from '#domain/status-code.ts';

/** OPC 10000-4, 7.39.2 and OPC 10000-8, 6.3: what a device driver reports of a sensor. */
const BAD_CODES = [
  0x808a0000, // Bad_NotConnected
  0x808b0000, // Bad_DeviceFailure
  0x808c0000, // Bad_SensorFailure
  0x80310000, // Bad_NoCommunication
] as const;
export const UNCERTAIN_LAST_USABLE_VALUE = 0x40900000;
const UNCERTAIN_CODES = [
  UNCERTAIN_LAST_USABLE_VALUE,
  0x40930000, // Uncertain_SensorNotAccurate
  0x40940000, // Uncertain_EngineeringUnitsExceeded
  0x40950000, // Uncertain_SubNormal
] as const;

interface Episode {
  readonly signal: number;
  readonly statusCode: number;
  leftS: number;
}

/** Sensors that fail for a while: which, when, how and for how long is drawn from the machine's seed. */
export class SensorDisturbances {
  /** Status of each signal, by position. */
  readonly statuses: Uint32Array;
  private readonly random: Random;
  private readonly options: Disturbances;
  private readonly sensors: readonly number[];
  private episodes: Episode[] = [];
  private untilBadS: number;
  private untilUncertainS: number;

  constructor(signals: readonly SignalDefinition[], options: Disturbances, random: Random) {
    this.statuses = new Uint32Array(signals.length);
    this.random = random;
    this.options = options;
    this.sensors = signals.flatMap((signal, i) => (signal.sensor === true ? [i] : []));
    this.untilBadS = random.waitingTime(options.badPerHour) * 3600;
    this.untilUncertainS = random.waitingTime(options.uncertainPerHour) * 3600;
  }

  step(dtS: number): void {
    for (const episode of this.episodes) {
      episode.leftS -= dtS;
      if (episode.leftS <= 0) this.statuses[episode.signal] = GOOD;
    }
    if (this.episodes.some(({ leftS }) => leftS <= 0))
      this.episodes = this.episodes.filter(({ leftS }) => leftS > 0);
    this.untilBadS -= dtS;
    if (this.untilBadS <= 0) {
      this.untilBadS = this.random.waitingTime(this.options.badPerHour) * 3600;
      this.begin(BAD_CODES);
    }
    this.untilUncertainS -= dtS;
    if (this.untilUncertainS <= 0) {
      this.untilUncertainS = this.random.waitingTime(this.options.uncertainPerHour) * 3600;
      this.begin(UNCERTAIN_CODES);
    }
  }

  private begin(codes: readonly number[]): void {
    const signal = this.sensors[this.random.integer(0, this.sensors.length - 1)];
    const statusCode = codes[this.random.integer(0, codes.length - 1)] ?? GOOD;
    const leftS = this.random.waitingTime(1 / this.options.meanDurationS);
    if (signal === undefined || this.statuses[signal] !== GOOD) return;
    this.statuses[signal] = statusCode;
    this.episodes.push({ signal, statusCode, leftS });
  }
}
