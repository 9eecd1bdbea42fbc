import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { AgentFile } from './agent-file.ts';

const machine = (id: string) => ({
  id,
  kind: 'generic',
  opcua: { endpoint: `opc.tcp://127.0.0.1/${id}`, securityMode: 'None', securityPolicy: 'None' },
  browse: { root: 'i=85' },
});

async function withMachine(file: AgentFile, id: string): Promise<void> {
  file.addMachine(machine(id));
  await file.save();
}

test('what others wrote while a server was browsed stays', async () => {
  const path = join(temporaryFolder('agent-file'), 'edge-agent.yaml');
  await withMachine(await AgentFile.open(path, 'var'), 'first');
  const slow = await AgentFile.open(path, 'var');
  const other = await AgentFile.open(path, 'var');
  await withMachine(other, 'second');
  slow.removeMachine('first');
  await withMachine(slow, 'third');
  const ids = (await AgentFile.open(path, 'var')).config().machines.map(({ id }) => id);
  expect(ids).toEqual(['second', 'third']);
});

test('an id that another one took meanwhile is told, and nothing is written', async () => {
  const path = join(temporaryFolder('agent-file'), 'edge-agent.yaml');
  await withMachine(await AgentFile.open(path, 'var'), 'first');
  const slow = await AgentFile.open(path, 'var');
  await withMachine(await AgentFile.open(path, 'var'), 'second');
  const before = readFileSync(path, 'utf8');
  await expect(withMachine(slow, 'second')).rejects.toMatchObject({ code: 'MACHINE_EXISTS' });
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('a file that cannot be read is not taken for a missing one', async () => {
  const path = join(temporaryFolder('agent-file'), 'edge-agent.yaml');
  mkdirSync(path);
  await expect(AgentFile.open(path, 'var')).rejects.toMatchObject({ code: 'NOT_READABLE' });
});
