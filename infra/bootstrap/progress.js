import process from 'node:process';

const REMINDER_INTERVAL_MS = 10_000;

/** Announces a long step on stderr, reminds that it goes on, and says how long it took. */
export function startStep(title) {
  const startedMs = Date.now();
  const seconds = () => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
  const say = (text) => process.stderr.write(`${text}\n`);
  say(`${title} ...`);
  const reminder = setInterval(() => say(`  ... still at it, ${seconds()}`), REMINDER_INTERVAL_MS);
  reminder.unref();
  const finish = (word) => {
    clearInterval(reminder);
    say(`  ${word} after ${seconds()}`);
  };
  return { done: () => finish('done'), fail: () => finish('failed') };
}
