import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import type { ReferencePage } from './reference-page.ts';

export interface FrameFigures {
  /** Share of the time in which the page's main thread had a task, whether or not the machine let it run. */
  readonly busy: number;
  /** Processor time of that thread over time: what the page itself costs, however busy the machine is. */
  readonly cpu: number;
  /** Of these, script and layout with style. */
  readonly script: number;
  readonly layout: number;
  readonly framesPerSecond: number;
  /** Share of frames that came more than 50 ms after the one before. */
  readonly over50: number;
  /** ms, of the long animation frames that the browser tells of. */
  readonly longest: number;
}

interface Told {
  readonly deltas: readonly number[];
  readonly long: readonly number[];
  readonly interactions: Readonly<Record<string, number>>;
}

export async function metricsOf(devtools: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

const TICKS_PER_S = 100;

/** Linux: the first thread of a process is its main one. */
function mainThreadSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Of several renderers the one that worked most lately is the page's. */
async function rendererOf(page: Page): Promise<number> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  const devtools = await browser.newBrowserCDPSession();
  const renderers = async (): Promise<Map<number, number>> => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    return new Map(
      processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]),
    );
  };
  const before = await renderers();
  await delay(500);
  const spent = [...(await renderers())].map(([id, cpuTime]) => ({
    id,
    spent: cpuTime - (before.get(id) ?? 0),
  }));
  await devtools.detach();
  const [most] = spent.toSorted((a, b) => b.spent - a.spent);
  if (!most) throw new Error('the browser names no renderer');
  return most.id;
}

const told = (page: Page): Promise<Told> => page.evaluate<Told>('window.frames_');
const FORGET =
  'window.frames_.deltas.length = window.frames_.long.length = 0; window.frames_.interactions = {};';

/** How the page does for `seconds` without anybody touching it. */
export async function watchFrames({ page, devtools }: ReferencePage, seconds: number): Promise<FrameFigures> {
  await page.evaluate(FORGET);
  const pid = await rendererOf(page);
  const before = await metricsOf(devtools);
  const cpuBefore = mainThreadSeconds(pid);
  const begin = performance.now();
  await delay(seconds * 1_000);
  const after = await metricsOf(devtools);
  const cpuS = mainThreadSeconds(pid) - cpuBefore;
  const elapsedS = (performance.now() - begin) / 1_000;
  const { deltas, long } = await told(page);
  const share = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / elapsedS;
  return {
    busy: share('TaskDuration'),
    cpu: cpuS / elapsedS,
    script: share('ScriptDuration'),
    layout: share('LayoutDuration') + share('RecalcStyleDuration'),
    framesPerSecond: deltas.length / elapsedS,
    over50: deltas.filter((delta) => delta > 50).length / Math.max(1, deltas.length),
    longest: Math.max(0, ...long),
  };
}

/** Below what the browser tells of, an interaction took at most this, ms. */
const LEAST_TOLD_MS = 16;

/** ms from a person's act to the next frame, for each of `acts` acts: ranges, languages, search, by mouse and by key. */
export async function interact({ page }: ReferencePage, acts: number): Promise<readonly number[]> {
  await page.evaluate(FORGET);
  const language = page.locator('.choices select').first();
  const steps: readonly (() => Promise<void>)[] = [
    () => page.locator('.segmented button').nth(1).click(),
    () => language.press('ArrowDown'),
    () => page.keyboard.press('/'),
    () => page.keyboard.press('s'),
    () => page.keyboard.press('Escape'),
    () => page.locator('.segmented button').nth(0).click(),
    () => page.locator('main .value').nth(40).click(),
    () => language.press('ArrowUp'),
  ];
  for (let n = 0; n < acts; n += 1) {
    await steps[n % steps.length]?.();
    await delay(400);
  }
  await delay(500);
  const durations = Object.values((await told(page)).interactions);
  return [...durations, ...Array.from({ length: Math.max(0, acts - durations.length) }, () => LEAST_TOLD_MS)];
}

export interface HeapFigures {
  readonly slopeMbPerMinute: number;
  readonly firstMb: number;
  readonly lastMb: number;
  /** By how much nodes and listeners became more. */
  readonly nodes: number;
  readonly listeners: number;
}

const LOOK_EVERY_MS = 30_000;

/** What stays of the page's memory after each collection of garbage, every 30 s for `minutes`; the first look is thrown away. */
export async function watchHeap({ devtools }: ReferencePage, minutes: number): Promise<HeapFigures> {
  const looks: ReadonlyMap<string, number>[] = [];
  await devtools.send('HeapProfiler.enable');
  for (let n = 0; n <= Math.max(2, Math.round((minutes * 60_000) / LOOK_EVERY_MS)); n += 1) {
    if (n > 0) await delay(LOOK_EVERY_MS);
    await devtools.send('HeapProfiler.collectGarbage');
    if (n > 0) looks.push(await metricsOf(devtools));
  }
  const column = (name: string): number[] => looks.map((look) => look.get(name) ?? NaN);
  const heap = column('JSHeapUsedSize').map((bytes) => bytes / 1e6);
  const grown = (values: readonly number[]): number => (values.at(-1) ?? NaN) - (values[0] ?? NaN);
  return {
    slopeMbPerMinute: (slope(heap) * 60_000) / LOOK_EVERY_MS,
    firstMb: heap[0] ?? NaN,
    lastMb: heap.at(-1) ?? NaN,
    nodes: grown(column('Nodes')),
    listeners: grown(column('JSEventListeners')),
  };
}

/** Least squares, per step. */
function slope(values: readonly number[]): number {
  const middleX = (values.length - 1) / 2;
  const middleY = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  values.forEach((value, x) => {
    above += (x - middleX) * (value - middleY);
    below += (x - middleX) ** 2;
  });
  return above / below;
}

/** ms from the time that the machine gave a value to the frame in which it, or a newer one, was painted; one for each period of it. */
export async function sourceToPixel(
  page: Page,
  seconds: number,
  periodMs: number,
): Promise<readonly number[]> {
  await page.evaluate('window.paints.length = 0');
  await delay(seconds * 1_000);
  const paints = await page.evaluate<number[]>('window.paints');
  const found: number[] = [];
  for (let i = 2; i + 1 < paints.length; i += 2) {
    const [from = 0, until = 0, paintedAt = 0] = [paints[i - 2], paints[i], paints[i + 1]];
    for (let time = until; time > from; time -= periodMs) found.push(paintedAt - time);
  }
  return found;
}
