import type { DeadLetterView, StreamAuditView } from '#contracts/api/audit.ts';
import type { AlarmView, EventView } from '#contracts/api/alarms.ts';
import type { QualityView } from '#contracts/api/quality.ts';
import type { ActionEntry, SessionView } from '#contracts/api/session.ts';
import type { PassportView } from '#contracts/api/passport.ts';
import type { PipelineView } from '#contracts/api/pipeline.ts';
import type { WireGap } from '#contracts/api/values.ts';
import type { Health } from '#contracts/api/health.ts';
import type { MachineInfo, SignalInfo } from './model.ts';
import { readColumns } from './columns.ts';
import type { ColumnsAnswer } from './columns.ts';

const PREFIX = '/api/v1';
const TIMEOUT_MS = 8_000;

/** The server refused or did not answer; `code` as in RFC 9457 problem details, `UNREACHABLE` without an answer. */
export class ApiError extends Error {
  readonly code: string;
  /** When it may be tried again, where the server said so. */
  readonly retryAfterS: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptions & { retryAfterS?: number | undefined }) {
    super(message, options);
    this.name = 'ApiError';
    this.code = code;
    this.retryAfterS = options?.retryAfterS;
  }
}

export interface SamplesQuery {
  readonly signals: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly maxPoints: number;
}

export interface GapsQuery {
  /** `site/machine` */
  readonly machine: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface EventsQuery {
  /** `site/machine`; absent = all. */
  readonly machine?: string | undefined;
  /** At least so severe. */
  readonly severity?: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

export type AlarmAction = 'acknowledge' | 'confirm' | 'shelve' | 'unshelve';

/** The API's routes that the screens read. Everything moving comes over the live connection instead. */
export class ApiClient {
  machines(signal?: AbortSignal): Promise<readonly MachineInfo[]> {
    return this.#all<MachineInfo>('/machines', signal);
  }

  /** `machine`: `site/machine`. */
  signals(machine: string, signal?: AbortSignal): Promise<readonly SignalInfo[]> {
    return this.#all<SignalInfo>(`/machines/${machine}/signals`, signal);
  }

  /** What stands now, the most urgent first. */
  alarms(signal?: AbortSignal): Promise<readonly AlarmView[]> {
    return this.#all<AlarmView>('/alarms', signal);
  }

  /** Resolves when the machine has taken it. `minutes`: for how long it is shelved; absent: until it has gone. */
  async actOnAlarm(id: string, action: AlarmAction, minutes?: number): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const response = await send(`/alarms/${id}/${action}`, undefined, {
      method: 'POST',
      body: JSON.stringify({ minutes }),
      headers,
    });
    if (!response.ok) throw await problemOf(response);
  }

  /** What happened, newest first. */
  async events(
    query: EventsQuery,
    signal?: AbortSignal,
  ): Promise<{ items: readonly EventView[]; next?: string }> {
    const { machine, severity, fromMs, toMs, limit, cursor } = query;
    const parameters = new URLSearchParams({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      limit: String(limit),
    });
    if (machine !== undefined) parameters.set('machine', machine);
    if (severity !== undefined) parameters.set('severity', String(severity));
    if (cursor !== undefined) parameters.set('cursor', cursor);
    const response = await send(`/events?${parameters.toString()}`, signal);
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as { items: readonly EventView[]; next?: string };
  }

  async audit(signal?: AbortSignal): Promise<readonly StreamAuditView[]> {
    return this.#all<StreamAuditView>('/audit/streams', signal);
  }

  /** Declared holes that touch the range. */
  async gaps(query: GapsQuery, signal?: AbortSignal): Promise<readonly WireGap[]> {
    const parameters = new URLSearchParams({
      machine: query.machine,
      from: new Date(query.fromMs).toISOString(),
      to: new Date(query.toMs).toISOString(),
    });
    const response = await send(`/gaps?${parameters.toString()}`, signal);
    if (!response.ok) throw await problemOf(response);
    return ((await response.json()) as { items: readonly WireGap[] }).items;
  }

  /** Who the session's cookie is of. */
  async session(): Promise<SessionView> {
    return sessionIn(await send('/session', undefined));
  }

  async logIn(name: string, password: string): Promise<SessionView> {
    const body = JSON.stringify({ name, password });
    const headers = { 'content-type': 'application/json' };
    return sessionIn(await send('/session', undefined, { method: 'POST', body, headers }));
  }

  async logOut(): Promise<SessionView> {
    return sessionIn(await send('/session', undefined, { method: 'DELETE' }));
  }

  /** What users did, newest first; for engineers. */
  async actions(limit: number, signal?: AbortSignal): Promise<readonly ActionEntry[]> {
    const response = await send(`/audit/actions?limit=${limit}`, signal);
    if (!response.ok) throw await problemOf(response);
    return ((await response.json()) as { items: readonly ActionEntry[] }).items;
  }

  /** `signal`: `site/machine/path`. */
  async passport(signal: string, abort?: AbortSignal): Promise<PassportView> {
    const response = await send(`/passport?${new URLSearchParams({ signal }).toString()}`, abort);
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as PassportView;
  }

  /** All signals of a machine, page by page. */
  async quality({ machine, fromMs, toMs }: GapsQuery, signal?: AbortSignal): Promise<QualityView> {
    const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    let whole: QualityView | undefined;
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams(cursor === undefined ? range : { ...range, cursor });
      const response = await send(`/machines/${machine}/quality?${query.toString()}`, signal);
      if (!response.ok) throw await problemOf(response);
      const page = (await response.json()) as QualityView;
      whole = whole ? { ...whole, items: [...whole.items, ...page.items] } : page;
      cursor = page.next;
    } while (cursor !== undefined);
    return whole;
  }

  async pipeline(signal?: AbortSignal): Promise<PipelineView> {
    const response = await send('/pipeline', signal);
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as PipelineView;
  }

  /** The newest payloads that were refused for good. */
  async deadLetters(limit: number, signal?: AbortSignal): Promise<readonly DeadLetterView[]> {
    const response = await send(`/dead-letters?limit=${limit}`, signal);
    if (!response.ok) throw await problemOf(response);
    return ((await response.json()) as { items: readonly DeadLetterView[] }).items;
  }

  /** Answered with 503 and the same body when something is down. */
  async health(signal?: AbortSignal): Promise<Health> {
    const response = await send('/health', signal);
    if (response.ok || response.status === 503) return (await response.json()) as Health;
    throw await problemOf(response);
  }

  async samples(query: SamplesQuery, signal?: AbortSignal): Promise<ColumnsAnswer> {
    const parameters = new URLSearchParams(query.signals.map((id) => ['signal', id]));
    parameters.set('from', new Date(query.fromMs).toISOString());
    parameters.set('to', new Date(query.toMs).toISOString());
    parameters.set('maxPoints', String(Math.round(query.maxPoints)));
    parameters.set('format', 'columns');
    const response = await send(`/samples?${parameters.toString()}`, signal);
    if (!response.ok) throw await problemOf(response);
    return readColumns(await response.arrayBuffer());
  }

  /** Address of a file with all raw samples of a stretch. */
  exportUrl(query: Omit<SamplesQuery, 'maxPoints'> & { readonly format: 'csv' | 'parquet' }): string {
    const parameters = new URLSearchParams(query.signals.map((id) => ['signal', id]));
    parameters.set('from', new Date(query.fromMs).toISOString());
    parameters.set('to', new Date(query.toMs).toISOString());
    parameters.set('format', query.format);
    return `${PREFIX}/export?${parameters.toString()}`;
  }

  async #all<Item>(path: string, signal?: AbortSignal): Promise<readonly Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const response = await send(
        cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`,
        signal,
      );
      if (!response.ok) throw await problemOf(response);
      const page = (await response.json()) as { items: readonly Item[]; next?: string };
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return items;
  }
}

async function sessionIn(response: Response): Promise<SessionView> {
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as SessionView;
}

async function send(
  path: string,
  signal: AbortSignal | undefined,
  init: RequestInit = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(`${PREFIX}${path}`, {
      ...init,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (cause) {
    throw new ApiError('UNREACHABLE', 'no answer', { cause });
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfterS = Number(response.headers.get('retry-after') ?? NaN) || undefined;
  try {
    const problem = (await response.json()) as { code?: string; detail?: string; title?: string };
    return new ApiError(
      problem.code ?? String(response.status),
      problem.detail ?? problem.title ?? response.statusText,
      { retryAfterS },
    );
  } catch {
    return new ApiError(String(response.status), response.statusText);
  }
}
