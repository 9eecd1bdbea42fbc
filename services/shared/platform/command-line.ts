import { parseArgs, type ParseArgsConfig } from 'node:util';
import { StartError, codeOf, messageOf } from './errors.ts';

/**
 * `parseArgs`, refusing in a sentence that a user understands. `help`: the command that lists the options.
 *
 * @throws StartError
 */
export function readOptions<Config extends ParseArgsConfig>(
  config: Config,
  help: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new StartError('BAD_OPTION', plainly(messageOf(error)), `\`${help}\` lists the options`);
  }
}

/** Node's sentence without its advice about `--` and dashes; a value that looks like an option is a missing value. */
function plainly(message: string): string {
  const lacking = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument (?:is ambiguous|missing)/.exec(message);
  if (lacking) return `${lacking[1]} needs a value`;
  return (message.split(/\. |\n/)[0] ?? message).replace(/\.$/, '');
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<Known extends Options> = ReturnType<typeof parseArgs<{ options: Known }>>['values'];

/** A command of its own: tells `usage` and ends where `--help` asks for it, ends with a sentence where an option is none. */
export function commandOptions<Known extends Options>(options: Known, usage: string): Values<Known> {
  leaveWithItsReader();
  try {
    const known = { ...options, help: { type: 'boolean', short: 'h' } } as const;
    const { values } = readOptions({ options: known }, '--help');
    if (!('help' in values)) return values;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.exit(explainEnd(error));
  }
}

/** `| head` closes the pipe when it has enough: no fault of the command. */
export function leaveWithItsReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** A whole number of an option. @throws StartError */
export function wholeNumber(option: string, text: string, least: number, greatest: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
  throw new StartError(
    'BAD_OPTION',
    `--${option} needs a whole number from ${least} to ${greatest}, not "${text}"`,
    `--${option} ${least} would do`,
  );
}

/** What helps where the system itself refuses. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'free space; `df -h` lists the disks',
  EDQUOT: 'the quota of this user on that disk',
  EROFS: 'that disk is mounted read-only',
  EACCES: 'owner and permissions of that file and of the folders above it',
  EPERM: 'owner and permissions of that file and of the folders above it',
};

/** Prints why a command ends and answers its exit code: 2 for what the user wrote, 1 for what happened. */
export function explainEnd(error: unknown): number {
  const check = error instanceof StartError ? error.check : (REMEDIES[codeOf(error)] ?? '');
  process.stderr.write(`${messageOf(error)}.\n${check === '' ? '' : `What to check: ${check}.\n`}`);
  return error instanceof StartError && error.code === 'BAD_OPTION' ? 2 : 1;
}
