/** `npm run edge -- ...`: an engineer plugs machines in; `run` starts the agent alone. */
import { createInterface } from 'node:readline/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError, StartError, messageOf } from '#platform/errors.ts';
import {
  addCommand,
  browseCommand,
  listCommand,
  probeCommand,
  removeCommand,
  trustCommand,
  type Terminal,
} from './onboarding/commands.ts';
import { USAGE, readCommandLine, type CommandLine, type CommandName } from './onboarding/command-line.ts';
import { exists } from './onboarding/agent-file.ts';
import { UaFailure } from './sources/opcua/failure.ts';
import { silenceLibrary } from './sources/opcua/session.ts';

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

const COMMANDS: Readonly<Record<CommandName, (line: CommandLine, terminal: Terminal) => Promise<boolean>>> = {
  probe: probeCommand,
  trust: trustCommand,
  browse: browseCommand,
  add: addCommand,
  remove: removeCommand,
  list: listCommand,
  run: runCommand,
};

function explain(error: unknown): string {
  if (error instanceof UaFailure) return `${error.message}.\nCheck: ${error.remedy}.\n`;
  if (error instanceof StartError) return `${error.message}.\nCheck: ${error.check}.\n`;
  if (error instanceof ConfigError) return `${error.message}\n`;
  return `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`;
}

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  silenceLibrary();
  const isGood = await COMMANDS[line.command](line, terminal);
  if (line.command !== 'run') process.exitCode = isGood ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(explain(error));
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
