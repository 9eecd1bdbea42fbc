import type { Logger } from '#platform/logger.ts';
import { Counter, type Registry } from '#platform/metrics.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { REFUSALS, type Refusal } from './access-policy.ts';

/** What it means and what to check, in plain words. */
const SENTENCES: Readonly<Record<Refusal, string>> = {
  BAD_CREDENTIALS:
    'unknown user or wrong password; check the user and its password file against the clients file',
  CLIENT_ID_REJECTED: 'client id missing for a lasting session, too long or with odd characters',
  CLIENT_ID_TAKEN: 'another user owns this client id; give each client an id of its own',
  TOO_MANY_CONNECTIONS: 'as many connections as the limit allows; check limits.connections',
  TOO_MANY_STRANGERS:
    'more connections wait for their login than limits.connectionsBeforeLogin; who waited longest without a word is closed; check what connects from this address',
  TOO_MANY_LOGINS:
    'too many logins at once, or too many wrong ones from this address; it may try again later',
  WILL_NOT_ALLOWED: 'the will goes to a topic that this user may not publish to',
  PUBLISH_NOT_ALLOWED:
    'this user may not publish to this topic; an agent publishes under its own site and id only',
  RETAIN_NOT_ALLOWED: 'this message may not be retained; births and data never are',
  TOPIC_TOO_DEEP: 'the topic has too many levels',
  TOPIC_TOO_LONG: 'the topic is too long',
  SUBSCRIBE_NOT_ALLOWED: 'this user may not read this topic',
  SHARED_SUBSCRIPTION: 'this broker has no shared subscriptions; use one ingest worker, or another broker',
  TOO_MANY_SUBSCRIPTIONS: 'too many subscriptions of one client',
  TOO_MANY_RETAINED: 'as many retained messages as the limit allows',
  PACKET_TOO_LARGE: 'the packet is larger than the limit; check limits.packetBytes',
  PROTOCOL_ERROR: 'not MQTT 3.1.1',
  SLOW_SUBSCRIBER:
    'the client does not read what it subscribed to; it was disconnected so that the others do not wait',
};

export interface RefusalFacts {
  readonly user?: string | undefined;
  readonly clientId?: string | undefined;
  readonly address?: string | undefined;
  readonly topic?: string | undefined;
  readonly detail?: string | undefined;
}

const QUIET_MS = 10_000;
const MAX_KEYS = 1_000;

/**
 * Who was refused what, and why. The first refusal of a kind per user is logged at once, what follows within ten
 * seconds is counted and told with the next: a client that tries in a loop does not fill the disk.
 */
export class RefusalLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counter: Counter<'code'>;
  readonly #seen = new Map<string, { at: number; suppressed: number }>();

  constructor(log: Logger, registry: Registry, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
    this.#counter = new Counter({
      name: 'broker_refusals_total',
      help: 'What was refused, by reason',
      labelNames: ['code'],
      registers: [registry],
    });
    for (const code of REFUSALS) this.#counter.inc({ code }, 0);
  }

  add(code: Refusal, facts: RefusalFacts): void {
    this.#counter.inc({ code });
    const now = this.#clock.monotonic();
    const key = `${code} ${facts.user ?? facts.address ?? ''}`;
    const seen = this.#seen.get(key);
    if (seen && now - seen.at < QUIET_MS) {
      seen.suppressed += 1;
      return;
    }
    if (this.#seen.size >= MAX_KEYS) this.#seen.clear();
    this.#seen.set(key, { at: now, suppressed: 0 });
    const before = seen && seen.suppressed > 0 ? { suppressedBefore: seen.suppressed } : {};
    this.#log.warn({ code, ...facts, ...before }, `refused ${whoIs(facts)}: ${SENTENCES[code]}`);
  }
}

const whoIs = ({ user, clientId, address }: RefusalFacts): string =>
  `${user || clientId || 'a client without a user name'}${address === undefined ? '' : ` from ${address}`}`;
