// `npm run check [-- NAME...]`: every static check, all failures shown, exit code 1 when there is one.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSteps } from './steps.ts';
import type { CheckStep } from './steps.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

async function runStep({ name, run }: CheckStep): Promise<boolean> {
  const startedMs = performance.now();
  const { ok, output } = await run();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (!ok) process.stdout.write(`${output.trim()}\n\n`);
  return ok;
}

const wanted = process.argv.slice(2);
const known = checkSteps(root);
const names = known.map(({ name }) => name).join(', ');
if (wanted.includes('--help') || wanted.includes('-h')) {
  process.stdout.write(
    `Every static check, or the named ones: npm run check -- [NAME...]\nThere are: ${names}.\n`,
  );
  process.exit(0);
}
const unknown = wanted.filter((name) => !known.some((step) => step.name === name));
if (unknown.length > 0) {
  process.stderr.write(`No such check: ${unknown.join(', ')}. There are: ${names}.\n`);
  process.exit(2);
}

const failed: string[] = [];
for (const step of known.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (!(await runStep(step))) failed.push(step.name);
}
process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
