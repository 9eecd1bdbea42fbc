import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { StartError, codeOf } from '#platform/errors.ts';

/** One listener that is going to be opened. */
export interface PortWish {
  /** What it is for, in the words of the user: "the dashboards". */
  readonly purpose: string;
  readonly option: string;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

async function bind(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const actual = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return actual;
}

function explain({ purpose, option, host, port }: PortWish, error: unknown): StartError {
  const code = codeOf(error);
  const another = `choose another port with --${option} PORT`;
  const sentences: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: [
      `Port ${port} for ${purpose} is taken by another program`,
      `which one it is: ss -ltnp "sport = :${port}"; or ${another}`,
    ],
    EACCES: [
      `Port ${port} for ${purpose} may not be opened by this user`,
      `ports below 1024 need rights; ${another}`,
    ],
    EADDRNOTAVAIL: [`This machine has no address ${host}`, 'its addresses: ip address; then --host ADDR'],
    ENOTFOUND: [`The host name ${host} is unknown`, 'the spelling of --host, or give an address'],
  };
  const known = sentences[code];
  const [sentence, check] = known ?? [`Port ${port} for ${purpose} cannot be opened (${code})`, another];
  return new StartError('PORT_UNUSABLE', sentence, check, { cause: error });
}

/** The port to use: the wished one if it is free, a free one if any will do. @throws StartError */
export async function resolvePort(wish: PortWish): Promise<number> {
  try {
    return await bind(wish.host, wish.port);
  } catch (error) {
    throw explain(wish, error);
  }
}

/** The wished port if it is free, else any: for what nobody has to find by number. */
export async function resolveAnyPort(host: string, preferred: number): Promise<number> {
  return await bind(host, preferred).catch(() => bind(host, 0));
}
