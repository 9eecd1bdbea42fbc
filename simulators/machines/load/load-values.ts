import type { SignalDataType, SignalDefinition, SignalValue } from '../../model/signal.ts';
import type { LoadParameters } from './parameters.ts';

/** Types of a mixed load, by signal number modulo 20: mostly measurements, as on a shop floor. */
const MIX: readonly SignalDataType[] = [
  'Double',
  'Double',
  'Float',
  'Double',
  'Int32',
  'Double',
  'Boolean',
  'Double',
  'Float',
  'Double',
  'UInt16',
  'Double',
  'Int64',
  'Double',
  'Float',
  'Double',
  'UInt64',
  'Double',
  'String',
  'Double',
];

const SIGNALS_PER_GROUP = 100;

export const periodMs = ({ rateHz }: Pick<LoadParameters, 'rateHz'>): number => 1000 / rateHz;

export function loadDataType(signal: number, types: LoadParameters['types']): SignalDataType {
  return types === 'double' ? 'Double' : (MIX[signal % MIX.length] ?? 'Double');
}

/** `Group007/Signal0712`: groups of 100, so that no folder has thousands of members. */
export function loadPath(signal: number): string {
  const group = String(Math.floor(signal / SIGNALS_PER_GROUP)).padStart(3, '0');
  return `Group${group}/Signal${String(signal).padStart(4, '0')}`;
}

export function loadSignals(parameters: LoadParameters): readonly SignalDefinition[] {
  const cadence = { everyMs: periodMs(parameters) };
  return Array.from({ length: parameters.signals }, (_, signal): SignalDefinition => {
    const dataType = loadDataType(signal, parameters.types);
    const isMeasured = dataType === 'Double' || dataType === 'Float';
    return {
      path: loadPath(signal),
      dataType,
      cadence,
      ...(isMeasured ? { unit: 'CEL', range: [0, 100] as const } : {}),
    };
  });
}

/**
 * The value of a signal at a tick: whoever knows the signal's number and the source time (tick = floor of ms
 * since 1970 by the period) can compute what must have arrived. Measurements swing slowly with some noise, so
 * that they compress like measurements; everything changes from tick to tick but booleans (every 8) and
 * strings (every 16).
 */
export function loadValue(dataType: SignalDataType, signal: number, tick: number): SignalValue {
  switch (dataType) {
    case 'Float':
      return Math.fround(measurement(signal, tick));
    case 'Int32':
      return ((tick * 7 + signal) % 4_000_000_000) - 2_000_000_000;
    case 'UInt16':
      return (tick + signal) % 65_536;
    case 'Int64':
      return BigInt(tick) * -1_000_003n - BigInt(signal);
    case 'UInt64':
      return 0xf000_0000_0000_0000n + BigInt(tick) * 16n + BigInt(signal % 16);
    case 'Boolean':
      return (Math.floor(tick / 8) + signal) % 2 === 1;
    case 'String':
      return `LOT-${signal}-${Math.floor(tick / 16)}`;
    default:
      return measurement(signal, tick);
  }
}

/** Between 29 and 71, two decimals: a slow sine per signal plus up to half a unit of noise. */
function measurement(signal: number, tick: number): number {
  const noise = ((Math.imul((tick + signal * 31) | 0, 0x9e3779b1) >>> 16) & 0xff) / 256;
  return Math.round((50 + 20 * Math.sin(tick / 600 + signal) + noise) * 100) / 100;
}
