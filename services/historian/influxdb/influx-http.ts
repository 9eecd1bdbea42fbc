import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip as gzipCallback } from 'node:zlib';
import type { InfluxHistorianConfig } from '#contracts/config/historian.ts';
import { ConnectionError, StartError, codeOf, messageOf } from '#platform/errors.ts';

const gzip = promisify(gzipCallback);
/** Smaller bodies go as they are. */
const GZIP_FROM_BYTES = 1_024;
const ANSWER_LIMIT_BYTES = 512 * 2 ** 20;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: string | Buffer;
  readonly contentType?: string;
  /** Only for bodies of line protocol. */
  readonly compress?: boolean;
}

/**
 * One HTTP/1.1 client with kept-alive connections. The client library's own transport is not used: its write API counts
 * 201 as success, drops 408, and evicts lines when its retries run out (docs/adr/0040).
 */
export class InfluxHttp {
  readonly #url: URL;
  readonly #config: InfluxHistorianConfig;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #compresses: boolean;
  /** InfluxDB 3 documents `Bearer` for all its paths, 2.x `Token`. */
  #scheme: 'Token' | 'Bearer' = 'Token';
  #authorization: string | undefined;
  #dateMs: number | undefined;

  constructor(config: InfluxHistorianConfig) {
    this.#config = config;
    this.#url = new URL(config.url);
    this.#compresses = config.gzip ?? !/^(localhost|127\..*|\[::1\])$/.test(this.#url.hostname);
    const options = { keepAlive: true, maxSockets: config.concurrency + 4 };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  get origin(): string {
    return this.#url.origin;
  }

  /** Neither token nor user is told. */
  get isAnonymous(): boolean {
    return this.#authorization === undefined;
  }

  /** The latest time that an answer told (RFC 9110, 6.6.1), ms. */
  get dateMs(): number | undefined {
    return this.#dateMs;
  }

  async useBearer(): Promise<void> {
    this.#scheme = 'Bearer';
    await this.authorize();
  }

  /** Reads token and password anew: they may have been replaced. @throws StartError when a file cannot be read */
  async authorize(): Promise<void> {
    const { tokenFile, username, passwordFile } = this.#config;
    const token = tokenFile === undefined ? process.env['INFLUX_TOKEN'] : await readSecret(tokenFile);
    if (token) this.#authorization = `${this.#scheme} ${token}`;
    else if (username !== undefined) {
      const password = passwordFile === undefined ? '' : await readSecret(passwordFile);
      this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    } else this.#authorization = undefined;
  }

  /** @throws ConnectionError when there is no answer */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const { body = '', compress = false } = call;
    let bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const isZipped = compress && this.#compresses && bytes.length >= GZIP_FROM_BYTES;
    if (isZipped) bytes = await gzip(bytes, { level: constants.Z_BEST_SPEED });
    const answer = await this.#send(call, bytes, isZipped);
    this.#noteDate(answer.headers.date);
    return answer;
  }

  #noteDate(text: string | undefined): void {
    const dateMs = text === undefined ? NaN : Date.parse(text);
    if (dateMs > (this.#dateMs ?? -Infinity)) this.#dateMs = dateMs;
  }

  #send(
    { method = 'POST', path, contentType }: HttpCall,
    bytes: Buffer,
    isZipped: boolean,
  ): Promise<HttpAnswer> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const base = this.#url.pathname.replace(/\/$/, '');
    return new Promise((resolve, reject) => {
      const request = send(
        {
          protocol: this.#url.protocol,
          hostname: this.#url.hostname.replace(/^\[|\]$/g, ''),
          port: this.#url.port,
          method,
          path: base + path,
          agent: this.#agent,
          timeout: this.#config.timeoutMs,
          headers: {
            ...(bytes.length > 0 && { 'content-length': bytes.length }),
            ...(contentType !== undefined && { 'content-type': contentType }),
            ...(isZipped && { 'content-encoding': 'gzip' }),
            ...(this.#authorization !== undefined && { authorization: this.#authorization }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > ANSWER_LIMIT_BYTES) request.destroy(new Error('its answer is too long'));
            else chunks.push(chunk);
          });
          response.on('error', (error) => reject(this.#unreachable(error)));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      request.on('timeout', () =>
        request.destroy(new Error(`no answer within ${this.#config.timeoutMs} ms`)),
      );
      request.on('error', (error) => reject(this.#unreachable(error)));
      request.end(bytes);
    });
  }

  #unreachable(cause: Error): ConnectionError {
    const code = codeOf(cause);
    const said = code === 'UNKNOWN' ? messageOf(cause) : code;
    const check = code === 'EPROTO' ? 'it speaks https' : 'it runs and that the address is right';
    return new ConnectionError(
      'INFLUX_UNREACHABLE',
      `InfluxDB at ${this.origin} does not answer (${said}); check that ${check}`,
      { cause },
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trimEnd();
  } catch (cause) {
    throw new StartError(
      'INFLUX_SECRET',
      `${file} cannot be read: ${messageOf(cause)}`,
      'store.tokenFile, store.passwordFile',
      { cause },
    );
  }
}

export function refusedCredentials(http: InfluxHttp, status: number): StartError {
  const ours = http.isAnonymous
    ? 'wants a token or a user, and none is given'
    : 'does not accept our token or password';
  const why = status === 401 ? ours : 'does not allow this to our token or user';
  return new StartError(
    'INFLUX_CREDENTIALS',
    `InfluxDB at ${http.origin} ${why}`,
    'store.tokenFile or INFLUX_TOKEN (2.x, 3.x), store.username and store.passwordFile (1.x), and their rights',
  );
}

/** In the place of {@link refusedCredentials} where a database or bucket was to be made. */
export function refusedMaking(http: InfluxHttp, name: string): StartError {
  return new StartError(
    'INFLUX_CREDENTIALS',
    `InfluxDB at ${http.origin} has no ${name} that our token or user may use, and does not let it make one`,
    `the name, store.database; or make ${name} by hand, and give the token or user the right to read and write it`,
  );
}
