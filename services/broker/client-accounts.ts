import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readConfigFile } from '#platform/config-file.ts';
import { hashPassword, verifyPassword } from '#platform/password-hash.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { brokerClientsSchema, type BrokerClient } from '#contracts/config/broker.ts';

const CHECK_INTERVAL_MS = 1_000;
/** scrypt takes 32 MB and 60 ms: more at once would be an attack on ourselves. */
const MAX_VERIFICATIONS = 4;
const MAX_WAITING = 100;
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 60_000;
const MAX_SOURCES = 10_000;

export type LoginResult = BrokerClient | 'BAD_CREDENTIALS' | 'TOO_MANY_LOGINS';

/** The users of the clients file: verified by scrypt, then remembered by a keyed digest, so that reconnects are cheap. */
export class ClientAccounts {
  readonly #file: string;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #digestKey = randomBytes(32);
  #accounts = new Map<string, BrokerClient>();
  readonly #verified = new Map<string, Buffer>();
  readonly #failures = new Map<string, { count: number; since: number }>();
  #dummyHash = '';
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stamp = '';

  /** `onChange` is called when the file was read again with other users in it. */
  constructor(file: string, log: Logger, onChange: () => void) {
    this.#file = file;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** @throws ConfigError when the file is missing or wrong. */
  async start(): Promise<void> {
    this.#dummyHash = await hashPassword(randomBytes(16).toString('hex'));
    this.#stamp = await this.#readStamp();
    await this.#read();
    this.#timer = setInterval(() => void this.#checkFile(), CHECK_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The account as it stands in the file now. */
  get(username: string): BrokerClient | undefined {
    return this.#accounts.get(username);
  }

  async login(
    username: string | undefined,
    password: Buffer | undefined,
    address: string,
  ): Promise<LoginResult> {
    const account = this.#accounts.get(username ?? '');
    const digest = createHmac('sha256', this.#digestKey)
      .update(account?.passwordHash ?? '')
      .update(password ?? '')
      .digest();
    const known = account && this.#verified.get(account.username);
    if (account && known && timingSafeEqual(known, digest)) return account;
    const source = `${address} ${username ?? ''}`;
    if (this.#isBlocked(source) || this.#waiting.length >= MAX_WAITING) return 'TOO_MANY_LOGINS';
    // An unknown user costs as much time as a known one.
    const hash = account?.passwordHash ?? this.#dummyHash;
    const right = await this.#verify(password?.toString('utf8') ?? '', hash);
    if (!right || !account) {
      this.#countFailure(source);
      return 'BAD_CREDENTIALS';
    }
    this.#verified.set(account.username, digest);
    return account;
  }

  async #verify(password: string, hash: string): Promise<boolean> {
    if (this.#running >= MAX_VERIFICATIONS)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    this.#running += 1;
    try {
      return await verifyPassword(password, hash);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  #isBlocked(source: string): boolean {
    const failures = this.#failures.get(source);
    if (!failures) return false;
    if (performance.now() - failures.since < FAILURE_WINDOW_MS) return failures.count >= MAX_FAILURES;
    this.#failures.delete(source);
    return false;
  }

  #countFailure(source: string): void {
    if (this.#failures.size >= MAX_SOURCES) this.#failures.clear();
    const failures = this.#failures.get(source) ?? { count: 0, since: performance.now() };
    failures.count += 1;
    this.#failures.set(source, failures);
  }

  async #read(): Promise<void> {
    const { clients } = await readConfigFile(this.#file, brokerClientsSchema);
    this.#accounts = new Map(clients.map((client) => [client.username, client]));
    this.#verified.clear();
  }

  async #readStamp(): Promise<string> {
    const facts = await stat(this.#file).catch(() => undefined);
    return facts ? `${facts.mtimeMs} ${facts.size} ${facts.ino}` : '';
  }

  async #checkFile(): Promise<void> {
    const stamp = await this.#readStamp();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      await this.#read();
      this.#log.info({ users: this.#accounts.size }, 'clients file read again');
      this.#onChange();
    } catch (error) {
      this.#log.error(
        { problem: messageOf(error) },
        'the changed clients file cannot be used; the old one stays',
      );
    }
  }
}
