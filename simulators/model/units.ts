import type { Unit } from '#domain/machine.ts';

/** Units used by the simulated machines: UNECE Recommendation 20 common code -> symbol and English name. */
const UNITS = {
  AMP: ['A', 'ampere'],
  BAR: ['bar', 'bar'],
  C16: ['mm/s', 'millimetre per second'],
  C26: ['ms', 'millisecond'],
  CEL: ['°C', 'degree Celsius'],
  FAH: ['°F', 'degree Fahrenheit'],
  G53: ['m³/min', 'cubic metre per minute'],
  H81: ['mm/min', 'millimetre per minute'],
  H87: ['pcs', 'piece'],
  HTZ: ['Hz', 'hertz'],
  HUR: ['h', 'hour'],
  K40: ['g', 'standard acceleration of free fall'],
  KVR: ['kvar', 'kilovar'],
  KWH: ['kWh', 'kilowatt hour'],
  KWT: ['kW', 'kilowatt'],
  L2: ['l/min', 'litre per minute'],
  LTR: ['l', 'litre'],
  MBR: ['mbar', 'millibar'],
  MIN: ['min', 'minute'],
  MLT: ['ml', 'millilitre'],
  MMT: ['mm', 'millimetre'],
  MTQ: ['m³', 'cubic metre'],
  MTR: ['m', 'metre'],
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

export function isUnitCode(code: string): code is UnitCode {
  return Object.hasOwn(UNITS, code);
}

export function unitOf(code: UnitCode): Unit {
  return { code, symbol: UNITS[code][0] };
}

export const unitName = (code: UnitCode): string => UNITS[code][1];
