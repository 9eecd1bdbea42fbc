import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { ConnectionError, StoreUnavailableError, messageOf } from '#platform/errors.ts';
import type { InfluxHistorianConfig } from '#contracts/config/historian.ts';
import type { Generation } from './generation.ts';
import type { HttpAnswer, InfluxHttp } from './influx-http.ts';
import { LineBuffer } from './line-buffer.ts';
import { Permits } from './permits.ts';

/** A writer that is refused as a whole looks again after this long: a token, a right, a database may have come back. */
const LOOK_AGAIN_MS = 30_000;
/** Retry-After beyond this is taken for this: the agents hold the data meanwhile. */
const MAX_RETRY_AFTER_MS = 300_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** So few lines are the ledger's, on which an acknowledgement waits: they go before the rest. */
const FEW_LINES = 1_000;
const CANARY_GRID_NS = 3_600_000_000_000n;

/** A line that InfluxDB refuses for good. */
export interface RefusedLine {
  readonly index: number;
  readonly reason: string;
}

export interface LineWriterOptions {
  readonly http: InfluxHttp;
  readonly generation: Generation;
  readonly config: InfluxHistorianConfig;
  readonly clock?: Clock;
}

/** What was answered, for the metrics. */
export interface WriterCounters {
  requests: number;
  lines: number;
  bytes: number;
  bisections: number;
  refusedLines: number;
  unavailable: number;
}

/**
 * Sends lines and accounts for each of them. The table of answers (docs/adr/0040):
 *
 * | answer | what follows |
 * |---|---|
 * | 204, 200 | stored |
 * | 201, 400, 422 | some line is refused: halved until it stands alone. What was stored of the request is stored again: identical points are one |
 * | 413 | halved |
 * | 429, 503 | nothing more is sent before Retry-After |
 * | 401, 403, 404 | nothing more is sent; looked at again every 30 s |
 * | 408, other 5xx, no answer | unknown what was stored: the caller tries again |
 *
 * `dropped=N` in an answer is not looked at: 1.6.7 says 0 where it dropped a line [measured].
 */
export class LineWriter {
  readonly counters: WriterCounters = {
    requests: 0,
    lines: 0,
    bytes: 0,
    bisections: 0,
    refusedLines: 0,
    unavailable: 0,
  };
  readonly #options: LineWriterOptions;
  readonly #clock: Clock;
  readonly #permits: Permits;
  #closedUntilMs = -Infinity;
  #problem: string | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#permits = new Permits(options.config.concurrency);
  }

  /** Why the last request failed, or why nothing is sent now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @throws StoreUnavailableError when it is not known of every line whether it is stored or refused */
  async write(database: string, written: LineBuffer | readonly string[]): Promise<RefusedLine[]> {
    this.#assertOpen();
    const lines = written instanceof LineBuffer ? written : LineBuffer.of(written);
    const { batchLines, batchBytes } = this.#options.config;
    const parts: Promise<RefusedLine[]>[] = [];
    for (let from = 0; from < lines.count;) {
      let to = Math.min(lines.count, from + batchLines);
      while (to > from + 1 && lines.bytesBetween(from, to) > batchBytes) to = from + ((to - from) >>> 1);
      parts.push(this.#part(database, lines, from, to));
      from = to;
    }
    const outcomes = await Promise.allSettled(parts);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    if (refused.length > 0) await this.#assertTakesGoodLines(database, refused[0]?.reason ?? '');
    this.counters.refusedLines += refused.length;
    return refused;
  }

  #assertOpen(): void {
    if (this.#clock.now() < this.#closedUntilMs)
      throw this.#unavailable(this.#problem ?? 'InfluxDB asked to wait');
  }

  async #part(database: string, lines: LineBuffer, from: number, to: number): Promise<RefusedLine[]> {
    const answer = await this.#permits.run(
      () => this.#send(database, lines.slice(from, to)),
      to - from <= FEW_LINES,
    );
    switch (answer.status) {
      case 200:
      case 204:
        this.counters.lines += to - from;
        return [];
      case 201:
      case 400:
      case 413:
      case 422:
        return await this.#halve(database, lines, { from, to, reason: reasonOf(answer) });
      default:
        throw this.#close(answer, database);
    }
  }

  async #halve(
    database: string,
    lines: LineBuffer,
    { from, to, reason }: { from: number; to: number; reason: string },
  ): Promise<RefusedLine[]> {
    if (to - from === 1) return [{ index: from, reason }];
    this.counters.bisections += 1;
    const middle = (from + to) >>> 1;
    const first = await this.#part(database, lines, from, middle);
    return first.concat(await this.#part(database, lines, middle, to));
  }

  async #send(database: string, body: Buffer): Promise<HttpAnswer> {
    this.#assertOpen();
    const { http, generation } = this.#options;
    this.counters.requests += 1;
    this.counters.bytes += body.length;
    try {
      const answer = await http.call({
        path: generation.writePath(database),
        body,
        contentType: 'text/plain; charset=utf-8',
        compress: true,
      });
      if (answer.status < 300) this.#problem = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.counters.unavailable += 1;
      this.#problem = messageOf(error);
      throw new StoreUnavailableError(error.code, error.message, { cause: error });
    }
  }

  /** Refused lines are only believed when the same database takes a good one: a broken proxy must not empty the journals. */
  async #assertTakesGoodLines(database: string, reason: string): Promise<void> {
    const hour = (BigInt(Date.now()) * 1_000_000n) / CANARY_GRID_NS;
    const { status } = await this.#permits.run(() =>
      this.#send(database, Buffer.from(`canary seq=0i ${hour * CANARY_GRID_NS}`)),
    );
    if (status !== 204 && status !== 200)
      throw this.#unavailable(`InfluxDB refuses every line that goes to ${database}: ${reason}`);
  }

  #close(answer: HttpAnswer, database: string): StoreUnavailableError {
    const { status } = answer;
    const now = this.#clock.now();
    const { origin } = this.#options.http;
    this.counters.unavailable += 1;
    if (status === 401 || status === 403 || status === 404) {
      this.#closedUntilMs = now + LOOK_AGAIN_MS;
      // A token may have been replaced on disk; a failure to read it is told by the next answer.
      void this.#options.http.authorize().catch(() => undefined);
      return this.#unavailable(stopSentence(status, origin, database));
    }
    if (status === 429 || status === 503) {
      const waitMs = retryAfterMs(answer, now);
      this.#closedUntilMs = now + waitMs;
      return this.#unavailable(
        `InfluxDB at ${origin} asks to wait ${Math.ceil(waitMs / 1000)} s (${status})`,
      );
    }
    return this.#unavailable(`InfluxDB at ${origin} answers a write with ${status}: ${reasonOf(answer)}`);
  }

  #unavailable(reason: string): StoreUnavailableError {
    this.#problem = reason;
    return new StoreUnavailableError('INFLUX_UNAVAILABLE', reason);
  }
}

function stopSentence(status: number, origin: string, database: string): string {
  if (status === 404) return `InfluxDB at ${origin} has no ${database}; check the name, or make it again`;
  const why =
    status === 401 ? 'does not accept our token or password' : `does not let us write to ${database}`;
  return `InfluxDB at ${origin} ${why}; check token, user and rights`;
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfterMs({ headers }: Pick<HttpAnswer, 'headers'>, nowMs: number): number {
  const text = headers['retry-after'];
  if (text === undefined) return DEFAULT_RETRY_AFTER_MS;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS) : DEFAULT_RETRY_AFTER_MS;
}

const reasonOf = ({ status, body }: HttpAnswer): string => `${status} ${body.slice(0, 500).trim()}`;
