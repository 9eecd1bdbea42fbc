/** `npm run edge -- ...`: an engineer plugs machines in; `run` starts the agent alone. */
import { createInterface } from 'node:readline/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError, ConnectionError, StartError, messageOf } from '#platform/errors.ts';
import { leaveWithItsReader } from '#platform/command-line.ts';
import { USAGE, readCommandLine, type CommandLine, type CommandName } from './onboarding/command-line.ts';
import { exists } from './onboarding/agent-file.ts';
import { helpFor } from './onboarding/help.ts';
import { listCommand, removeCommand, type Terminal } from './onboarding/machine-list.ts';

const terminal: Terminal = {
  write: (text) => void process.stdout.write(text),
  ask: async (question) => {
    if (!process.stdin.isTTY) return undefined;
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return await prompt.question(question);
    } finally {
      prompt.close();
    }
  },
};

/** The agent's own process, in this one: its signals and its exit code are ours. */
async function runCommand({ configPath }: CommandLine): Promise<boolean> {
  if (!(await exists(configPath)))
    throw new StartError(
      'NO_CONFIG',
      `there is no configuration ${configPath}`,
      'give --config FILE, or add a machine first',
    );
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  process.argv = [process.argv[0] ?? 'node', main, '--config', configPath];
  await import(pathToFileURL(main).href);
  return true;
}

type Command = (line: CommandLine, terminal: Terminal) => Promise<boolean>;

/** The OPC UA stack takes a while to load: only what talks to a server waits for it. */
const onServer =
  (name: 'addCommand' | 'browseCommand' | 'probeCommand' | 'trustCommand'): Command =>
  async (line, to) => {
    const { silenceLibrary } = await import('./sources/opcua/session.ts');
    silenceLibrary();
    const commands = await import('./onboarding/commands.ts');
    return commands[name](line, to);
  };

const COMMANDS: Readonly<Record<CommandName, Command>> = {
  probe: onServer('probeCommand'),
  trust: onServer('trustCommand'),
  browse: onServer('browseCommand'),
  add: onServer('addCommand'),
  remove: removeCommand,
  list: listCommand,
  run: runCommand,
};

function explain(error: unknown): string {
  if (error instanceof ConnectionError && 'remedy' in error)
    return `${error.message}.\n${String(error.remedy)}.\n`;
  if (error instanceof StartError) return `${error.message}.\nCheck: ${error.check}.\n`;
  if (error instanceof ConfigError) return `${error.message}\n`;
  return `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`;
}

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.command !== 'run') leaveWithItsReader();
  if (line.command === 'help') {
    process.stdout.write(line.helpOf === undefined ? USAGE : helpFor(line.helpOf));
    return;
  }
  const isGood = await COMMANDS[line.command](line, terminal);
  if (line.command !== 'run') process.exitCode = isGood ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(explain(error));
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
