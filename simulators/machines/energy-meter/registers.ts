import type { Random } from '../../model/random.ts';
import type { MeterParameters } from './parameters.ts';

/** Of what the main meter has counted: what the lines behind it lost. */
const LOST = 0.015;
const BUILDING = 0.21;

export interface Registers {
  /** Wh */
  readonly building: bigint;
  readonly feeders: readonly bigint[];
}

/**
 * What stands on the meters behind the main one when a plant is first looked at: together with the losses, the main meter's register.
 * Lines that the plant file does not name share what is left, each a part of its own.
 */
export function initialRegisters(
  { initialKwh, buildingKwh, feederKwh }: Pick<MeterParameters, 'initialKwh' | 'buildingKwh' | 'feederKwh'>,
  ids: readonly string[],
  random: Random,
): Registers {
  const behind = (1 - LOST) * initialKwh;
  const building = buildingKwh ?? BUILDING * behind;
  const named = ids.map((id) => feederKwh[id]);
  const left = Math.max(
    0,
    named.reduce<number>((sum, each) => sum - (each ?? 0), behind - building),
  );
  const weights = named.map((each) => (each === undefined ? 0.3 + 1.4 * random.next() : 0));
  const all = weights.reduce((sum, each) => sum + each, 0);
  const wh = (kwh: number): bigint => BigInt(Math.round(kwh * 1000));
  return {
    building: wh(building),
    feeders: named.map((each, i) => wh(each ?? (left * (weights[i] ?? 0)) / all)),
  };
}
