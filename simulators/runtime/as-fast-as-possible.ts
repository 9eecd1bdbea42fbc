import type { LoadedPlant } from '../plants/load-plant.ts';
import type { LedgerTotals } from '../ledger/ledger-writer.ts';
import { StartError } from '#platform/errors.ts';
import { LedgerWriter } from '../ledger/ledger-writer.ts';
import { createSimulation } from './create-simulation.ts';

export interface BatchOptions {
  readonly seed?: number | undefined;
  readonly ledger?: string | undefined;
  readonly durationS: number;
}

export interface BatchResult extends LedgerTotals {
  readonly sha256: string;
  readonly seed: number;
  readonly virtualSeconds: number;
}

/** Runs the physics alone, from the plant's start time. Same plant, same seed: same bytes. */
export function runAsFastAsPossible(loaded: LoadedPlant, options: BatchOptions): BatchResult {
  const { plant } = loaded;
  const seed = options.seed ?? plant.seed;
  const simulation = createSimulation(loaded, seed, Date.parse(plant.startsAt));
  if (simulation.machines.length === 0)
    throw new StartError(
      'NOTHING_TO_SIMULATE',
      'this plant has no machine with a physical model',
      'machines of kind "load" only run behind their servers: leave --as-fast-as-possible out',
    );
  const ledger = new LedgerWriter(options.ledger);
  ledger.open({ plant, seed, startsAt: plant.startsAt, machines: simulation.machines });
  const ticks = Math.round((options.durationS * 1000) / plant.tickMs);
  for (let i = 0; i < ticks; i += 1) simulation.plant.step(ledger);
  const sha256 = ledger.close();
  return { sha256, seed, virtualSeconds: options.durationS, ...ledger.totals };
}
