import type { Fault, FaultContext } from '../fault.ts';
import { COMPONENTS, type Component } from '../plant-stack.ts';

const expectedAfter = (components: readonly Component[]): Fault['expected'] =>
  components.includes('simulators') ? 'gaps' : 'everything';

/** `kill -9` and, as a supervisor does, a new start at once. Answers when the first was killed (performance.now). */
async function killAll(components: readonly Component[], context: FaultContext): Promise<number> {
  const { stack, between, wait } = context;
  const sinceMs = performance.now();
  for (const [i, component] of components.entries()) {
    if (i > 0) await wait(between(0, 300));
    await stack.processes[component].kill();
  }
  await Promise.all(components.map((component) => stack.startProcess(component)));
  return sinceMs;
}

function kill(...components: readonly Component[]): Fault {
  return {
    name: `kill ${components.join(' + ')}`,
    kills: components,
    expected: expectedAfter(components),
    inject: async ({ between, wait }) => wait(between(0, 1_000)),
    heal: async (context) => void (await killAll(components, context)),
  };
}

const TIMES = 8;
/** Of the kills, those that come before the plant is alive again after the one before. */
const EARLY = 0.25;

/** Killed again and again, sometimes while it is still recovering. */
function killRepeatedly(...components: readonly Component[]): Fault {
  return {
    name: `kill ${components.join(' + ')}, ${TIMES} times`,
    kills: Array.from({ length: TIMES }, () => components).flat(),
    expected: expectedAfter(components),
    inject: async (context) => {
      const { random, between, wait, recovered } = context;
      for (let n = 1; n < TIMES; n += 1) {
        const sinceMs = await killAll(components, context);
        if (random() < EARLY) await wait(between(0, 1_500));
        else await recovered(sinceMs);
        await wait(between(0, 700));
      }
    },
    heal: async (context) => void (await killAll(components, context)),
  };
}

export const KILLS: readonly Fault[] = [
  kill('edge-agent'),
  kill('services'),
  kill('broker'),
  kill('simulators'),
  kill('edge-agent', 'services'),
  kill('broker', 'services'),
  kill('broker', 'edge-agent'),
  kill('simulators', 'edge-agent'),
  ...COMPONENTS.map((component) => killRepeatedly(component)),
  killRepeatedly('edge-agent', 'services'),
  killRepeatedly('broker', 'edge-agent'),
  killRepeatedly('services', 'broker'),
  killRepeatedly('edge-agent', 'services', 'broker'),
  killRepeatedly('simulators', 'edge-agent'),
  killRepeatedly('simulators', 'services', 'broker'),
  killRepeatedly('simulators', 'edge-agent', 'services', 'broker'),
];
