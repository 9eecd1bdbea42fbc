import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { findProgram } from '../../support/programs.ts';
import { Child } from '../child.ts';
import type { Fault } from '../fault.ts';

let second: Child | undefined;
let other: ReturnType<typeof spawn> | undefined;

export const IDENTITIES: readonly Fault[] = [
  {
    name: 'a second agent with the same id',
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      const dataDir = path.join(stack.dir, 'second-agent');
      mkdirSync(dataDir, { recursive: true });
      const config = parse(readFileSync(stack.configOf('edge-agent'), 'utf8')) as object;
      const file = path.join(stack.dir, 'second-agent.yaml');
      writeFileSync(file, stringify({ ...config, dataDir, journal: {}, machines: [] }));
      second = new Child({
        name: 'second agent',
        entry: 'edge-agent/main.ts',
        config: file,
        logFile: path.join(stack.dir, 'second-agent.log'),
      });
      await second.start();
      await wait(8_000);
    },
    heal: async ({ stack }) => {
      await second?.kill();
      rmSync(path.join(stack.dir, 'second-agent'), { recursive: true });
    },
  },
  {
    name: 'broker replaced by mosquitto',
    unavailable: () =>
      findProgram('mosquitto') === undefined ? 'needs mosquitto: apt-get install mosquitto' : undefined,
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      await stack.kill('broker');
      const config = path.join(stack.dir, 'mosquitto.conf');
      writeFileSync(config, `listener ${stack.brokerPort} 127.0.0.1\nallow_anonymous true\nuser root\n`);
      other = spawn(findProgram('mosquitto') ?? 'mosquitto', ['-c', config], { stdio: 'ignore' });
      process.once('exit', () => other?.kill('SIGKILL'));
      await wait(8_000);
    },
    heal: async ({ stack }) => {
      other?.kill('SIGKILL');
      if (other) await once(other, 'exit');
      other = undefined;
      await stack.startProcess('broker');
    },
  },
  {
    name: 'machines restarted with other namespace indexes',
    expected: 'gaps',
    inject: async ({ stack }) => stack.kill('simulators'),
    heal: async ({ stack }) => {
      const preload = path.join(import.meta.dirname, '..', 'one-namespace-more.ts');
      await stack.startProcess('simulators', { nodeOptions: ['--import', preload] });
    },
  },
  {
    name: 'machines restarted, namespaces as before',
    expected: 'gaps',
    inject: async ({ stack }) => stack.processes.simulators.stop(),
    heal: async ({ stack }) => stack.startProcess('simulators', { nodeOptions: [] }),
  },
  {
    name: 'acknowledgements lost while sealing, then kill',
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      stack.cables.agent.become({ silent: 'down' });
      await wait(8_000);
      await stack.kill('edge-agent');
    },
    heal: async ({ stack }) => {
      stack.cables.agent.become({});
      await stack.startProcess('edge-agent');
    },
  },
  {
    name: 'new metadata while a backlog drains',
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      await stack.kill('services');
      await wait(4_000);
      await stack.writeAgent({ 'load-1': { name: { en: `Load at ${Date.now()}` } } });
      await wait(2_000);
    },
    heal: async ({ stack }) => stack.startProcess('services'),
  },
];
