import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const HIGHEST_PORT = 65_535;

async function listening(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: actual, close };
}

/** A TCP port of 127.0.0.1 that was free a moment ago. Prefer port 0 where the program under test reports its port. */
export async function freePort(): Promise<number> {
  const { port, close } = await listening(0);
  await close();
  return port;
}

async function isFreeRange(base: number, count: number): Promise<boolean> {
  if (base + count > HIGHEST_PORT) return false;
  const held: { close: () => Promise<void> }[] = [];
  try {
    for (let offset = 0; offset < count; offset += 1) held.push(await listening(base + offset));
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all(held.map(({ close }) => close()));
  }
}

/** First of `count` neighbouring TCP ports of 127.0.0.1 that were all free a moment ago. */
export async function freePortRange(count: number): Promise<number> {
  for (;;) {
    const base = await freePort();
    if (await isFreeRange(base, count)) return base;
  }
}
