import type { Socket } from 'node:net';
import type { BrokerConfig } from '#contracts/config/broker.ts';
import type { Refusal } from './access-policy.ts';

/** A connection, as far as it matters who is behind it. */
export interface Caller {
  readonly connection: { readonly socket: Socket; readonly address: string };
  /** Its CONNECT packet, once that has come: the login is being looked at. */
  readonly connect: object | undefined;
}

/**
 * Connections before their login have places of their own, so that they cannot take those of the clients. When all are
 * taken, who has waited longest without a word gives way: a client says who it is at once.
 */
export class Doorstep {
  readonly #limits: Pick<BrokerConfig['limits'], 'connections' | 'connectionsBeforeLogin'>;
  readonly #onRefused: (code: Refusal, caller: Caller['connection']) => void;
  /** The oldest first. */
  readonly #strangers = new Set<Caller>();
  readonly #clients = new Set<Caller>();

  constructor(
    limits: Pick<BrokerConfig['limits'], 'connections' | 'connectionsBeforeLogin'>,
    onRefused: (code: Refusal, caller: Caller['connection']) => void,
  ) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /** Makes room for one more connection; false: there is none, which was told. */
  hasRoom(newcomer: Caller['connection']): boolean {
    const { connections, connectionsBeforeLogin } = this.#limits;
    const isFull = this.#clients.size >= connections;
    if (!isFull && this.#strangers.size < connectionsBeforeLogin) return true;
    const silent = isFull ? undefined : [...this.#strangers].find(({ connect }) => connect === undefined);
    if (silent) this.#strangers.delete(silent);
    this.#onRefused(isFull ? 'TOO_MANY_CONNECTIONS' : 'TOO_MANY_STRANGERS', silent?.connection ?? newcomer);
    return silent !== undefined;
  }

  enter(caller: Caller): void {
    this.#strangers.add(caller);
  }

  /** It is known now; false: as many clients as the limit allows are there. */
  login(caller: Caller): boolean {
    if (this.#clients.size >= this.#limits.connections) return false;
    this.#strangers.delete(caller);
    this.#clients.add(caller);
    return true;
  }

  leave(caller: Caller): void {
    this.#strangers.delete(caller);
    this.#clients.delete(caller);
  }
}
