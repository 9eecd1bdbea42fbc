import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-ports.ts';

const READY_MS = 10_000;

export interface Mosquitto {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A real mosquitto on a free port of 127.0.0.1, keeping nothing on disk; without users unless `lines` say otherwise. */
export async function startMosquitto(
  program: string,
  folder: string,
  more: readonly string[] = ['allow_anonymous true'],
): Promise<Mosquitto> {
  const port = await freePort();
  const configFile = path.join(folder, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'persistence false', 'log_dest none', 'user root', ...more];
  writeFileSync(configFile, `${lines.join('\n')}\n`);
  const child = spawn(program, ['-c', configFile], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  for (const until = Date.now() + READY_MS; Date.now() < until; await pause(50)) {
    if (await answers(port)) return { url: `mqtt://127.0.0.1:${port}`, stop };
  }
  await stop();
  throw new Error('mosquitto does not come up');
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isUp = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isUp;
}
