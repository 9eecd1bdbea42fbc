import { z } from 'zod';
import { listOf, MACHINE_RANGE_PROBLEMS, type RouteContract } from './route.ts';
import { gapSchema, machineParameter, timeParameter } from './values.ts';

/** More are not told at once: the newest are. */
export const MAX_GAPS = 5_000;

export const gapsRoute = {
  path: '/gaps',
  summary: 'Declared holes that touch a range, oldest first: what was not read, and why',
  query: z.object({
    machine: machineParameter
      .optional()
      .meta({ description: 'Of this machine, and of all that its agent reads' }),
    from: timeParameter.optional().meta({ description: 'Default: an hour before `to`' }),
    to: timeParameter.optional().meta({ description: 'Default: now' }),
  }),
  response: listOf(gapSchema),
  problems: MACHINE_RANGE_PROBLEMS,
} as const satisfies RouteContract;
