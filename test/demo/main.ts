import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commandOptions } from '#platform/command-line.ts';
import { playCableScene } from './cable-scene.ts';
import { RunningCentre } from './running-centre.ts';
import { WORDS, languageOf } from './words.ts';

const USAGE = `The visitors' scene: five minutes of cut cable between agent and broker, the counters of both sides, the drain, the proof.

  npm run demo:cable -- [options]

  --minutes N    that the cable is cut (default: 5)
  --language L   ru, be, en or zh (default: that of this terminal)
  --data DIR     play it on the centre that runs there, instead of one of its own
`;
const values = commandOptions(
  {
    minutes: { type: 'string', default: '5' },
    language: { type: 'string' },
    data: { type: 'string' },
  },
  USAGE,
);

const words = WORDS[languageOf(values.language)];
const { stdout } = process;
let isShowing = false;

function say(line: string): void {
  if (isShowing) stdout.write('\n');
  isShowing = false;
  stdout.write(`${line}\n`);
}

function show(line: string): void {
  if (!stdout.isTTY) {
    stdout.write(`${line}\n`);
    return;
  }
  stdout.write(`\r\u001B[K${line}`);
  isShowing = true;
}

async function main(): Promise<boolean> {
  const folder = values.data ?? mkdtempSync(path.join(tmpdir(), 'demo-cable-'));
  if (values.data === undefined) say(words.starting);
  const centre = values.data === undefined ? await RunningCentre.start(folder) : RunningCentre.attach(folder);
  const stop = (): void => void centre.stop().then(() => process.exit(130));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    say(centre.dashboardUrl);
    return await playCableScene({ centre, words, cutMs: Number(values.minutes) * 60_000, say, show });
  } finally {
    await centre.stop();
    if (values.data === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

process.exit((await main()) ? 0 : 1);
