import type { Unit } from '#domain/machine.ts';

/** Units used by the simulated machines: UNECE Recommendation 20 common code -> symbol and English name. */
const UNITS = {
  AMP: ['A', 'ampere'],
  B47: ['kN', 'kilonewton'],
  BAR: ['bar', 'bar'],
  C16: ['mm/s', 'millimetre per second'],
  C26: ['ms', 'millisecond'],
  CEL: ['°C', 'degree Celsius'],
  DD: ['°', 'degree'],
  E96: ['°/s', 'degree per second'],
  FAH: ['°F', 'degree Fahrenheit'],
  G53: ['m³/min', 'cubic metre per minute'],
  GRM: ['g', 'gram'],
  H81: ['mm/min', 'millimetre per minute'],
  H87: ['pcs', 'piece'],
  HTZ: ['Hz', 'hertz'],
  HUR: ['h', 'hour'],
  K40: ['g', 'standard acceleration of free fall'],
  KGM: ['kg', 'kilogram'],
  KVH: ['kvar·h', 'kilovolt ampere reactive hour'],
  KVR: ['kvar', 'kilovar'],
  KWH: ['kWh', 'kilowatt hour'],
  KWT: ['kW', 'kilowatt'],
  KVA: ['kVA', 'kilovolt-ampere'],
  L2: ['l/min', 'litre per minute'],
  LUX: ['lx', 'lux'],
  LTR: ['l', 'litre'],
  MBR: ['mbar', 'millibar'],
  M45: ['°/s²', 'degree per second squared'],
  MIN: ['min', 'minute'],
  MLT: ['ml', 'millilitre'],
  MMT: ['mm', 'millimetre'],
  MTQ: ['m³', 'cubic metre'],
  MTR: ['m', 'metre'],
  MTS: ['m/s', 'metre per second'],
  NU: ['N·m', 'newton metre'],
  P1: ['%', 'percent'],
  RPM: ['r/min', 'revolutions per minute'],
  SEC: ['s', 'second'],
  VLT: ['V', 'volt'],
  WHR: ['Wh', 'watt hour'],
  '4H': ['µm', 'micrometre'],
  D46: ['VA', 'volt-ampere'],
} as const;

export type UnitCode = keyof typeof UNITS;

export const UNIT_CODES = Object.keys(UNITS) as readonly UnitCode[];

export function isUnitCode(code: string): code is UnitCode {
  return Object.hasOwn(UNITS, code);
}

export function unitOf(code: UnitCode): Unit {
  return { code, symbol: UNITS[code][0] };
}

export const unitName = (code: UnitCode): string => UNITS[code][1];
