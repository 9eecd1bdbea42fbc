import { expect, it } from 'vitest';
import { catalogue as be } from '../../dashboards/i18n/be.ts';
import { catalogue as ru } from '../../dashboards/i18n/ru.ts';
import { UNIT_CODES, unitOf } from '../../simulators/model/units.ts';

/** Written in Latin letters in Russian and Belarusian too. */
const LATIN_EVERYWHERE = new Set(['CEL', 'FAH', 'K40']);

it.each([
  ['ru', ru],
  ['be', be],
] as const)('%s has the symbol of every unit that the simulated machines use', (_language, { units }) => {
  const missing = UNIT_CODES.filter(
    (code) => /[A-Za-z]/.test(unitOf(code).symbol) && !LATIN_EVERYWHERE.has(code) && !(code in units),
  );
  expect(missing).toEqual([]);
});
