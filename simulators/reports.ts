import type { LedgerBooks, Term } from './ledger/books.ts';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError, messageOf } from '#platform/errors.ts';
import { makeFolder } from './cli.ts';
import { hourOfLife } from './hour-of-life.ts';
import { booksOfLedger, difference } from './ledger/books.ts';
import { oeeFigures, oeeOfLedger } from './ledger/oee.ts';
import { loadPlant } from './plants/load-plant.ts';
import { findSymptom, watchPlant } from './scenarios/run-scenario.ts';
import { loadScenarios } from './scenarios/scenario.ts';

const percent = (share: number | undefined): string =>
  (share === undefined ? '-' : `${(100 * share).toFixed(1)} %`).padStart(9);

/** `--books LEDGER`: hash, conservation and OEE. @returns whether every sum comes out. */
export async function tellBooks(file: string): Promise<boolean> {
  const { sha256, hours, balances, truth } = await readLedger(file);
  process.stdout.write(
    `SHA-256 ${sha256}, ${hours.toFixed(2)} h between the first and the last whole minute\n`,
  );
  for (const balance of balances) {
    const { share, holds } = difference(balance);
    const side = (terms: readonly Term[]): string =>
      terms
        .map(({ name, amount }) => `${name} ${balance.unit === '' ? amount : amount.toFixed(2)}`)
        .join(' + ');
    const verdict = `${(100 * share).toFixed(4)} % of ${100 * balance.tolerance} %${holds ? '' : '  DOES NOT COME OUT'}`;
    process.stdout.write(
      `${balance.name.padEnd(7)} ${side(balance.left)} = ${side(balance.right)} ${balance.unit}  (${verdict})\n`,
    );
  }
  tellOeeOf(truth);
  return balances.length > 0 && balances.every((balance) => difference(balance).holds);
}

/** `--oee LEDGER`: one line a machine. */
export async function tellOee(file: string): Promise<void> {
  tellOeeOf((await readLedger(file)).truth);
}

async function readLedger(file: string): Promise<LedgerBooks> {
  try {
    return await booksOfLedger(file);
  } catch (error) {
    throw new StartError(
      'NO_LEDGER',
      `${file} cannot be read as a ledger: ${messageOf(error)}`,
      'that it was written with --ledger and the run has ended',
      { cause: error },
    );
  }
}

function tellOeeOf(lines: readonly string[]): void {
  process.stdout.write(`${'machine'.padEnd(16)}      OEE        A        E        Q   pieces      kWh\n`);
  for (const { id, elements, energyKwh } of oeeOfLedger(lines)) {
    const { oee, availability, effectiveness, quality } = oeeFigures(elements);
    const figures = [oee, availability, effectiveness, quality].map(percent).join('');
    const counts = String(elements.produced).padStart(9) + energyKwh.toFixed(2).padStart(9);
    process.stdout.write(`${id.padEnd(16)}${figures}${counts}\n`);
  }
}

/** `--pictures DIR`: an SVG a machine. */
export async function drawPictures(folder: string, plantFile: string): Promise<void> {
  const loaded = await loadPlant(plantFile);
  makeFolder(resolve(folder));
  for (const [id, svg] of hourOfLife(loaded, loaded.plant.seed)) {
    writeFileSync(join(folder, `${id}.svg`), svg);
    process.stdout.write(`${join(folder, `${id}.svg`)}\n`);
  }
}

/** `--scenario NAME`: the plant with and without the fault, same seed. @throws StartError */
export async function tellScenario(id: string): Promise<void> {
  const scenarios = loadScenarios();
  const scenario = scenarios.find((each) => each.id === id);
  if (!scenario)
    throw new StartError(
      'NO_SCENARIO',
      `there is no scenario "${id}"`,
      `one of: ${scenarios.map((each) => each.id).join(', ')}`,
    );
  const loaded = await loadPlant(`${import.meta.dirname}/plants/${scenario.plant}.yaml`);
  const symptoms = scenario.expect;
  const healthy = watchPlant(loaded, scenario, { symptoms, withFaults: false });
  const faulty = watchPlant(loaded, scenario, { symptoms, withFaults: true });
  const firstAtS = Math.min(...scenario.steps.map(({ at }) => at));
  for (const symptom of symptoms) {
    const { afterS } = findSymptom(symptom, { healthy, faulty }, firstAtS);
    const seen = afterS === undefined ? 'not seen' : `after ${afterS} s`;
    const late = (afterS ?? Infinity) > symptom.withinS ? `  LATE (within ${symptom.withinS} s)` : '';
    process.stdout.write(
      `${seen.padEnd(14)} ${symptom.machine} ${symptom.signal} ${symptom.change}${late}\n`,
    );
  }
}
