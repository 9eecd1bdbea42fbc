import { z } from 'zod';
import { idSegment } from '#contracts/catalogue.ts';

/** `parameters` of a plant's machine of the kind `replay`: a machine that was recorded with `npm run simulators -- record`. */
export const recordedMachineParameters = z
  .strictObject({
    file: z.string().min(1, { error: 'must be the path of a recorded machine' }),
    as: idSegment.default('generic').meta({ description: 'Kind under which it is shown: cnc, robot, ...' }),
    speed: z.number().min(0.01).max(1_000).default(1),
    repeat: z.enum(['once', 'loop']).default('loop'),
    times: z.enum(['recorded', 'now']).default('now'),
    waitForSubscriber: z.boolean().default(true),
  })
  .refine(({ times, repeat }) => !(times === 'recorded' && repeat === 'loop'), {
    path: ['times'],
    error: 'must be "now" with repeat: loop, else every round would bring the same times again',
  });
export type RecordedMachineParameters = z.infer<typeof recordedMachineParameters>;
