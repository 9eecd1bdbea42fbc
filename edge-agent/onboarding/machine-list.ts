/** The commands that look after the agent's file alone: they do without the OPC UA stack, which takes a while to load. */
import { join } from 'node:path';
import { AgentFile } from './agent-file.ts';
import { usageError, type CommandLine } from './command-line.ts';

export interface Terminal {
  write(text: string): void;
  /** Asks a person; `undefined` when there is none (no terminal). */
  ask(question: string): Promise<string | undefined>;
}

export async function openFile(line: CommandLine): Promise<AgentFile> {
  return AgentFile.open(line.configPath, join(line.dataDir, 'edge-agent'));
}

export async function removeCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  if (line.subject === undefined) throw usageError('the id of the machine is missing');
  const file = await openFile(line);
  file.removeMachine(line.subject);
  await file.save();
  terminal.write(`${line.subject} is no longer in ${file.path}. What it sent stays in the historian.\n`);
  return true;
}

export async function listCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  const file = await openFile(line);
  const { site, agent, machines } = file.config();
  terminal.write(
    `${site}/${agent}: ${machines.length} machines in ${file.path}${file.isNew ? ' (not made yet)' : ''}\n`,
  );
  for (const { id, kind, opcua, signals, browse, enabled } of machines) {
    const what =
      signals.length > 0 && browse === undefined
        ? `${signals.length} signals`
        : `below ${browse?.root ?? 'the machine found'}`;
    const trust =
      opcua.securityMode === 'None'
        ? 'no security'
        : opcua.serverCertificateSha256 === undefined
          ? 'NOT CONFIRMED'
          : 'confirmed';
    terminal.write(
      `  ${id.padEnd(20)} ${kind.padEnd(14)} ${opcua.endpoint.padEnd(36)} ${trust.padEnd(14)} ${what}${enabled ? '' : ', switched off'}\n`,
    );
  }
  return true;
}
