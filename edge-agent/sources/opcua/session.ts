import {
  AttributeIds,
  CloseSessionResponse,
  DataTypeExtractStrategy,
  MessageSecurityMode,
  OPCUAClient,
  ReadRequest,
  SecurityPolicy,
  TimestampsToReturn,
  coerceNodeId,
  setErrorLogger,
  setWarningLogger,
  type ClientSession,
  type ClientSessionPublishService,
  type ClientSessionRawSubscriptionService,
  type DataValue,
  type HistoryReadRequest,
  type ReadResponse,
  type ReadValueIdOptions,
  type StatusCode as UaStatusCode,
} from 'node-opcua-client';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import { serviceStatus, toFailure, type UaFailure } from './failure.ts';
import { within } from './deadline.ts';
import { chooseEndpoint, listEndpoints, reach } from './discovery.ts';
import { loginOf } from './login.ts';
import { PinnedCertificateStore, type OwnIdentity } from './pki.ts';

export interface SessionOptions {
  readonly endpoint: OpcUaEndpoint;
  readonly identity: OwnIdentity;
  readonly timeoutMs: number;
  /** The session ends by itself at the server when nothing is heard from this client for so long. */
  readonly sessionTimeoutMs?: number;
  readonly clientName: string;
  /** Session of a connection that was lost: activated again where the server still has it, so that none is left behind. */
  readonly resume?: UaServices | undefined;
}

/** The library's session with the plain services that its subscription objects hide. */
export type UaServices = ClientSession &
  ClientSessionPublishService &
  ClientSessionRawSubscriptionService & { isChannelValid(): boolean };

export interface UaSession {
  readonly session: UaServices;
  /** Resolves with the reason when the connection or the session is gone. */
  readonly lost: Promise<UaFailure>;
  /** It is the session given as `resume`, with its subscription. */
  readonly isResumed: boolean;
  /** From now on the server's texts come in the first of these languages that it has. False where it refuses. Never throws. */
  speak(localeIds: readonly string[]): Promise<boolean>;
  /**
   * Lets go of the connection only. Answers the session for `resume` when the connection was lost under it, and closes it in
   * good order otherwise (its subscriptions stay).
   */
  letGo(): Promise<UaServices | undefined>;
  /**
   * Bounded in time, never throws. `keep`: subscriptions stay at the server for a take-over. Answers whether the server
   * confirmed it: without that, subscriptions may live on there.
   */
  close(how: 'keep' | 'remove'): Promise<boolean>;
}

const SESSION_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Nobody comes back to tidy up: a slow server gets more time. */
const REMOVE_TIMEOUT_MS = 4_000;
const IDLE_SOCKET_MS = 300_000;
/**
 * Bytes of a chunk (OPC 10000-6, 7.1.2.3). The library asks for 640 KiB and both its ends allocate a whole chunk for each
 * message, however short: 50 MB/s each at 100 messages/s, and V8 marks the whole heap every second for it [measured].
 */
const CHUNK_BYTES = 65_536;
const TRANSPORT = {
  // Also ends an idle socket: silence is the watchdog's business, and some servers insist on rare keep-alives.
  transportTimeout: IDLE_SOCKET_MS,
  transportSettings: { receiveBufferSize: CHUNK_BYTES, sendBufferSize: CHUNK_BYTES },
} as const;

/**
 * Network, endpoints, pinned certificate, secure channel, session: everything that must be right before a value
 * flows. The library's own reconnection is off (it goes silent after a server restart; see docs). @throws UaFailure
 */
export async function openSession(options: SessionOptions): Promise<UaSession> {
  const { endpoint, identity, timeoutMs } = options;
  await reach(endpoint.endpoint, timeoutMs);
  const offered = await listEndpoints(endpoint.endpoint, identity, timeoutMs);
  const chosen = chooseEndpoint(endpoint, offered);
  const login = await loginOf(endpoint);
  const client = createClient(options, chosen.certificate);
  const lost = new Promise<UaFailure>((resolve) => {
    client.once('close', (error) => resolve(toFailure(error ?? new Error('closed'), endpoint.endpoint)));
    client.once('connection_lost', () =>
      resolve(toFailure(new Error('the other side closed it'), endpoint.endpoint)),
    );
  });
  // The library keeps only the text of a refused CreateSession or ActivateSession.
  let refusal: UaStatusCode | undefined;
  client.on('receive_response', ({ responseHeader }) => {
    if (responseHeader.serviceResult.isNotGood()) refusal = responseHeader.serviceResult;
  });
  try {
    await within(timeoutMs, `connecting to ${endpoint.endpoint}`, client.connect(endpoint.endpoint));
    const resumed =
      options.resume && (await activateAgain(client, options.resume, timeoutMs, () => refusal !== undefined));
    const session =
      resumed ??
      (await within(timeoutMs, `opening a session with ${endpoint.endpoint}`, client.createSession(login)));
    // On BadSessionIdInvalid the library would make a new session behind our back, without its subscriptions.
    Object.assign(session, { recursive_repair_detector: 1 });
    return {
      session: session as UaServices,
      isResumed: resumed !== undefined,
      lost,
      speak: (localeIds) => speak(client, session as UaServices, { localeIds, timeoutMs }),
      letGo: () => letGo(client, session as UaServices),
      close: (how) => closeSession(client, session, how),
    };
  } catch (error) {
    await within(CLOSE_TIMEOUT_MS, 'closing', client.disconnect()).catch(() => undefined);
    throw toFailure(serviceStatus(error) || !refusal ? error : { statusCode: refusal }, endpoint.endpoint);
  }
}

function createClient(
  { endpoint, identity, timeoutMs, ...options }: SessionOptions,
  certificate: Buffer | undefined,
): OPCUAClient {
  return OPCUAClient.create({
    clientName: options.clientName,
    // A server with several languages is to say the one that all names here are in.
    localeIds: ['en'],
    applicationName: identity.applicationName,
    applicationUri: identity.applicationUri,
    certificateFile: identity.certificateFile,
    privateKeyFile: identity.privateKeyFile,
    clientCertificateManager: new PinnedCertificateStore(endpoint.serverCertificateSha256),
    securityMode: MessageSecurityMode[endpoint.securityMode],
    securityPolicy: SecurityPolicy[endpoint.securityPolicy],
    ...(certificate && endpoint.securityMode !== 'None' && { serverCertificate: certificate }),
    endpointMustExist: false,
    keepSessionAlive: false,
    // Sessions are closed by us, or taken along to the next connection.
    keepPendingSessionsOnDisconnect: true,
    requestedSessionTimeout: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
    connectionStrategy: { maxRetry: 0 },
    ...TRANSPORT,
    defaultTransactionTimeout: timeoutMs,
    // Unknown structures are looked up when a value needs it, not while connecting (that can take a minute).
    dataTypeExtractStrategy: DataTypeExtractStrategy.Lazy,
  });
}

async function activateAgain(
  client: OPCUAClient,
  session: UaServices,
  timeoutMs: number,
  wasRefused: () => boolean,
): Promise<UaServices | undefined> {
  try {
    await within(timeoutMs, 'activating the session again', client.reactivateSession(session));
    return session;
  } catch (error) {
    // The server answered that it does not know it (any more): a new one is made. Silence is another matter.
    if (serviceStatus(error) || wasRefused()) return undefined;
    throw error;
  }
}

/** A session's locales are set by activating it (OPC 10000-4, 5.7.3); the library sends the client's. */
async function speak(
  client: OPCUAClient,
  session: UaServices,
  { localeIds, timeoutMs }: { readonly localeIds: readonly string[]; readonly timeoutMs: number },
): Promise<boolean> {
  Object.assign(client, { localeIds });
  const activated = within(timeoutMs, 'changing the language', client.reactivateSession(session));
  return activated.then(
    () => true,
    () => false,
  );
}

async function letGo(client: OPCUAClient, session: UaServices): Promise<UaServices | undefined> {
  if (session.isChannelValid()) {
    await closeSession(client, session, 'keep');
    return undefined;
  }
  await within(CLOSE_TIMEOUT_MS, 'closing the channel', client.disconnect()).catch(() => undefined);
  return session;
}

async function closeSession(
  client: OPCUAClient,
  session: ClientSession,
  how: 'keep' | 'remove',
): Promise<boolean> {
  // The library's `close` says nothing of an error, nor that there was no channel to ask on.
  let isConfirmed = false;
  client.on('receive_response', (response) => {
    if (response instanceof CloseSessionResponse)
      isConfirmed = response.responseHeader.serviceResult.isGoodish();
  });
  try {
    await within(
      how === 'remove' ? REMOVE_TIMEOUT_MS : CLOSE_TIMEOUT_MS,
      'closing the session',
      session.close(how === 'remove'),
    );
  } catch {
    // The other side is gone or stuck: its session ends by its time-out.
  } finally {
    await within(CLOSE_TIMEOUT_MS, 'closing the channel', client.disconnect()).catch(() => undefined);
  }
  return isConfirmed;
}

const NAMESPACE_ARRAY = coerceNodeId('i=2255');

export async function readNamespaces(session: ClientSession, timeoutMs: number): Promise<string[]> {
  const [value] = await readAttributes(session, [{ nodeId: NAMESPACE_ARRAY }], timeoutMs);
  return (value?.value.value as string[] | null | undefined) ?? [];
}

/** The library's own words go to stderr and mean nothing to an engineer; ours name the cause. */
export function silenceLibrary(): void {
  setWarningLogger(() => undefined);
  setErrorLogger(() => undefined);
}

/** A service of the library in its callback form as a promise (some have no usable promise form in their types). */
export async function answerOf<Response>(
  call: (done: (error: Error | null, response?: Response) => void) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) =>
      response && !error ? resolve(response) : reject(error ?? new Error('no response')),
    );
  });
}

/**
 * A service with its plain answer. The library's own `read` and `historyRead` look structures of unknown types up on the way,
 * which can take a minute, and turn a refusal into a text without its StatusCode.
 * @throws what `serviceStatus` understands
 */
export async function transact<Answer>(
  session: ClientSession,
  request: ReadRequest | HistoryReadRequest,
  { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
): Promise<Answer> {
  const raw = session as unknown as RawTransactions;
  const work = answerOf<PlainResponse>((done) => raw.performMessageTransaction(request, done));
  const response = await within(timeoutMs, what, work);
  const { serviceResult } = response.responseHeader;
  if (serviceResult.isNotGood())
    throw Object.assign(new Error(serviceResult.name), { statusCode: serviceResult });
  return response as Answer;
}

interface PlainResponse {
  readonly responseHeader: { readonly serviceResult: UaStatusCode };
}

interface RawTransactions {
  performMessageTransaction(
    request: ReadRequest | HistoryReadRequest,
    done: (error: Error | null, response?: PlainResponse) => void,
  ): void;
}

/** Reads in one request; the caller chunks. @throws UaFailure */
export async function readAttributes(
  session: ClientSession,
  nodes: readonly ReadValueIdOptions[],
  timeoutMs: number,
): Promise<DataValue[]> {
  if (nodes.length === 0) return [];
  const request = new ReadRequest({
    nodesToRead: nodes.map((node) => ({ attributeId: AttributeIds.Value, ...node })),
    timestampsToReturn: TimestampsToReturn.Both,
  });
  const { results } = await transact<ReadResponse>(session, request, {
    timeoutMs,
    what: 'reading from the server',
  });
  return results ?? [];
}
