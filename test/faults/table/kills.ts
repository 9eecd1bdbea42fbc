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
    await stack.kill(component);
  }
  await Promise.all(components.map((component) => stack.startProcess(component)));
  return sinceMs;
}

function kill(...components: readonly Component[]): Fault {
  return {
    name: `kill ${components.join(' + ')}`,
    expected: expectedAfter(components),
    inject: async ({ between, wait }) => wait(between(0, 1_000)),
    heal: async (context) => {
      await killAll(components, context);
      return components;
    },
  };
}

const TIMES = 8;
/** Of the kills, those that come before the plant is alive again after the one before. */
const EARLY = 0.25;

/** Killed again and again, sometimes while it is still recovering. */
function killRepeatedly(...components: readonly Component[]): Fault {
  return {
    name: `kill ${components.join(' + ')}, ${TIMES} times`,
    expected: expectedAfter(components),
    inject: async (context) => {
      const { random, between, wait, recovered } = context;
      let isWhole = true;
      for (let n = 1; n < TIMES; n += 1) {
        const sinceMs = await killAll(components, context);
        if (random() < EARLY) {
          isWhole = false;
          await wait(between(0, 1_500));
        } else {
          await recovered(sinceMs, isWhole ? components : undefined);
          isWhole = true;
        }
        await wait(between(0, 700));
      }
    },
    heal: async (context) => void (await killAll(components, context)),
  };
}

const ROUNDS = 12;
/** Of the processes killed, those that are killed once more before they are ready. */
const AGAIN = 0.1;

/** Kills one, starts it at once, perhaps kills it while it starts. Resolves when it is ready. */
async function killOne(component: Component, { stack, random, between, wait }: FaultContext): Promise<void> {
  await stack.kill(component);
  if (random() < AGAIN) {
    let isKilled = false;
    const cutShort = stack.startProcess(component).catch((error: unknown) => {
      if (!isKilled) throw error;
    });
    await Promise.race([wait(between(50, 1_500)), cutShort]);
    isKilled = true;
    await stack.kill(component);
    await cutShort;
  }
  await stack.startProcess(component);
}

/** Some of the processes one after the other, each in the middle of what the others' deaths began. Answers when the first died. */
async function killInTurn(components: readonly Component[], context: FaultContext): Promise<number> {
  const { between, wait } = context;
  const sinceMs = performance.now();
  const ready: Promise<void>[] = [];
  for (const [i, component] of components.entries()) {
    if (i > 0) await wait(between(0, 1_200));
    ready.push(killOne(component, context));
  }
  await Promise.all(ready);
  return sinceMs;
}

/** `always`, and of `others` by dice all, some or none, in an order by dice. */
function chosen(
  always: readonly Component[],
  others: readonly Component[],
  { random, between }: FaultContext,
): Component[] {
  const left = [...others];
  const picked = [...always];
  for (let n = between(always.length > 0 ? 0 : 1, others.length); n > 0; n -= 1)
    picked.push(...left.splice(Math.floor(random() * left.length), 1));
  const order = picked.map((one) => ({ one, at: random() }));
  return order.toSorted((a, b) => a.at - b.at).map(({ one }) => one);
}

/** By dice: who, in which order, how far apart, whether the plant may recover before. Each round a kill or more. */
function killByDice(always: readonly Component[], others: readonly Component[]): Fault {
  return {
    name: `kill by dice: ${[...always, ...others].join(', ')}`,
    stack: { id: 'killed by dice', options: () => ({}) },
    expected: expectedAfter([...always, ...others]),
    inject: async (context) => {
      const { random, between, wait, recovered } = context;
      let isWhole = true;
      for (let round = 1; round < ROUNDS; round += 1) {
        const victims = chosen(always, others, context);
        const sinceMs = await killInTurn(victims, context);
        const isEarly = random() < EARLY;
        if (isEarly) await wait(between(0, 1_500));
        else await recovered(sinceMs, isWhole ? victims : undefined);
        isWhole = !isEarly;
        await wait(between(0, 500));
      }
    },
    heal: async (context) => void (await killInTurn(chosen(always, others, context), context)),
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

/** What the record of kills is filled with: many in little time. */
export const KILLS_BY_DICE: readonly Fault[] = [
  killByDice([], ['edge-agent', 'services', 'broker']),
  killByDice(['simulators'], ['edge-agent', 'services', 'broker']),
];
