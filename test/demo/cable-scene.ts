import { setTimeout as delay } from 'node:timers/promises';
import { Cable } from '../faults/cable.ts';
import { lostUndeclared, verifyStore } from '../verify/verify-store.ts';
import type { Counters, RunningCentre } from './running-centre.ts';
import type { Words } from './words.ts';

export interface SceneOptions {
  readonly centre: RunningCentre;
  readonly words: Words;
  readonly cutMs: number;
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** A line that takes the place of the one before. */
  readonly show: (line: string) => void;
}

const CALM_MS = 6_000;
const BEAT_MS = 1_000;
/** Findings told when it does not add up. */
const SHOWN = 40;
const DRAIN_BOUND_MS = 10 * 60_000;
/** So few samples are just under way. */
const DRAINED_BELOW = 0.6;

/** The visitors' scene: the cable is cut, the agent keeps what it reads, the cable is mended, and everything is there. True when it is. */
export async function playCableScene(options: SceneOptions): Promise<boolean> {
  const { centre, words, cutMs, say } = options;
  const broker = centre.brokerUrl();
  const cable = new Cable(Number(broker.port));
  await cable.start();
  centre.setBrokerUrl(`${broker.protocol}//${broker.hostname}:${cable.port}`);
  try {
    say(words.normal);
    const livePerS = await watch(options, CALM_MS);
    const fromMs = Date.now();
    say(words.cut);
    cable.become({ isCut: true });
    await watch(options, cutMs);
    say(words.mended);
    cable.become({});
    const tookS = await drain(options, livePerS);
    const behindS = cutMs / 1000 + tookS;
    say(`${words.drained} ${tookS.toFixed(1)} s; ${words.rate} ${(behindS / tookS).toFixed(0)}`);
    const toMs = Date.now() - 2_000;
    await delay(4_000);
    return await prove(options, fromMs, toMs);
  } finally {
    centre.setBrokerUrl(broker.href);
    await delay(2_000); // until the agent has gone back
    await cable.stop();
  }
}

const number = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');

function counterLine({ words }: SceneOptions, { read, stored }: Counters, seconds: number): string {
  const waiting = Math.max(0, read - stored);
  const clock = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  return `  ${clock}  ${words.read} ${number(read)} | ${words.waiting} ${number(waiting)} | ${words.stored} ${number(stored)}`;
}

/** Shows both sides for so long; answers the samples read per second meanwhile. */
async function watch(options: SceneOptions, lastsMs: number): Promise<number> {
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const first = await options.centre.counters();
  let last = first;
  while (elapsedMs() < lastsMs) {
    await delay(Math.min(BEAT_MS, Math.max(1, lastsMs - elapsedMs())));
    last = await options.centre.counters();
    options.show(counterLine(options, last, elapsedMs() / 1000));
  }
  return (last.read - first.read) / (elapsedMs() / 1000);
}

/** Until what waits is no more than what is always under way. Answers the seconds. */
async function drain(options: SceneOptions, livePerS: number): Promise<number> {
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  while (elapsedMs() < DRAIN_BOUND_MS) {
    const counters = await options.centre.counters();
    options.show(counterLine(options, counters, elapsedMs() / 1000));
    if (counters.read - counters.stored <= Math.max(50, livePerS * DRAINED_BELOW)) break;
    await delay(100);
  }
  return elapsedMs() / 1000;
}

async function prove(options: SceneOptions, fromMs: number, toMs: number): Promise<boolean> {
  const { centre, words, say } = options;
  if (centre.ledger === undefined) return proveByBooks(options);
  say(words.proof);
  const verification = await verifyStore({
    ledgers: [centre.ledger],
    store: centre.historianDir,
    fromMs,
    toMs,
    changesOnly: true,
  });
  const { total, findings } = verification;
  const lost = lostUndeclared(verification);
  const wrong = total.altered + total.undeclared;
  const figures = [
    `${words.produced} ${number(total.produced - total.unchanged)}`,
    `${words.stored} ${number(total.produced - total.unchanged - total.missing - total.declared)}`,
    `${words.lost} ${lost + total.declared}`,
    `${words.doubled} ${total.doubled}`,
    `${words.altered} ${wrong}`,
    `${words.reordered} ${total.moved}`,
  ];
  say(`  ${figures.join(' | ')}`);
  const holds = lost + total.declared + total.doubled + wrong + total.moved === 0 && total.produced > 0;
  if (!holds) for (const { kind, signal, key } of findings.slice(0, SHOWN)) say(`  ${kind} ${signal} ${key}`);
  say(holds ? words.holds : words.fails);
  return holds;
}

/** produced = stored + rejected + declared lost + in flight, of the agent's current epoch. */
async function proveByBooks({ centre, words, say }: SceneOptions): Promise<boolean> {
  say(words.books);
  const books = (await centre.audit()).find(({ current }) => current);
  if (!books) return false;
  const { produced, storedAtCut, rejected, declaredLost, inFlight, unexplained, missing } = books;
  say(
    `  ${words.produced} ${number(produced ?? 0)} | ${words.stored} ${number(storedAtCut)} | ${words.lost} ${declaredLost + rejected}`,
  );
  const holds = missing.length === 0 && inFlight === 0 && unexplained === 0 && declaredLost + rejected === 0;
  say(holds ? words.holds : words.fails);
  return holds;
}
