import type {
  BrowseResponse,
  ClientSession,
  DataValue,
  EndpointDescription,
  NodeId,
  ReadResponse,
  ReferenceDescription,
  StatusCode,
  UserIdentityInfo,
} from 'node-opcua';
import { createHash } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import {
  AttributeIds,
  BrowseNextRequest,
  BrowseRequest,
  coerceNodeId,
  DataTypeExtractStrategy,
  MessageSecurityMode,
  OPCUAClient,
  ReadRequest,
  SecurityPolicy,
  StatusCodes,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua';
import { messageOf, StartError } from '#platform/errors.ts';
import { openCertificateStore } from '../certificates.ts';
import { toStartError } from './connect-errors.ts';

export interface MachineLogin {
  readonly endpointUrl: string;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** Folder of the recorder's own key and certificate. */
  readonly pkiDir: string;
  /** Only a server with this certificate (SHA-256, hexadecimal) is recorded; absent: whichever answers. */
  readonly certificateSha256: string | undefined;
}

export interface ConnectedMachine {
  readonly endpoint: EndpointDescription;
  readonly certificateSha256: string | undefined;
  readonly services: Services;
  /** Resolves with the reason when the connection is gone by itself. */
  readonly lost: Promise<string>;
  /** Bounded in time, never throws. */
  close(this: void): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const CLOSE_MS = 3_000;
const SESSION_MS = 60_000;
/** Per request, where the server names no smaller limit. */
const MOST = 1_000;

/** Encrypted before signed before plain; the policies that OPC 10000-7 does not call obsolete first. */
const POLICIES = [
  'Aes256_Sha256_RsaPss',
  'Aes128_Sha256_RsaOaep',
  'Basic256Sha256',
  'Basic256',
  'Basic128Rsa15',
  'None',
];
const policyOf = ({ securityPolicyUri }: EndpointDescription): string =>
  (securityPolicyUri ?? '').replace(/^.*#/, '');

/** @throws StartError: unreachable, refused, another certificate. */
export async function connectMachine(login: MachineLogin): Promise<ConnectedMachine> {
  const { endpointUrl } = login;
  try {
    await reach(endpointUrl);
    const endpoint = await bestEndpoint(login);
    return await open(login, endpoint);
  } catch (error) {
    throw toStartError(error, endpointUrl);
  }
}

/** The network's own answer, before any protocol. */
async function reach(endpointUrl: string): Promise<void> {
  const { hostname, port } = new URL(endpointUrl.replace(/^opc\.tcp:/, 'tcp:'));
  const socket = connectSocket({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 4840),
    timeout: TIMEOUT_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
      socket.once('timeout', () => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    });
  } finally {
    socket.destroy();
  }
}

async function bestEndpoint({
  endpointUrl,
  certificateSha256,
  user,
}: MachineLogin): Promise<EndpointDescription> {
  const client = OPCUAClient.create({
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    defaultTransactionTimeout: TIMEOUT_MS,
  });
  let offered: readonly EndpointDescription[];
  try {
    await client.connect(endpointUrl);
    offered = await client.getEndpoints();
  } finally {
    await bounded(client.disconnect());
  }
  const wanted = user ? UserTokenType.UserName : UserTokenType.Anonymous;
  const usable = offered.filter(({ transportProfileUri, userIdentityTokens }) => {
    const isBinary = transportProfileUri === null || transportProfileUri.includes('uatcp');
    return isBinary && (userIdentityTokens ?? []).some(({ tokenType }) => tokenType === wanted);
  });
  const [best] = usable.toSorted(
    (a, b) =>
      b.securityMode - a.securityMode || POLICIES.indexOf(policyOf(a)) - POLICIES.indexOf(policyOf(b)),
  );
  if (!best)
    throw new StartError(
      'NO_SUCH_LOGIN',
      `${endpointUrl} offers no ${user ? 'login by user name' : 'anonymous login'}`,
      user
        ? 'leave --user out, or allow user names at the server'
        : 'give --user NAME and --password-file FILE',
    );
  const shown = sha256Of(best);
  if (certificateSha256 !== undefined && shown !== certificateSha256.toLowerCase().replaceAll(':', ''))
    throw new StartError(
      'OTHER_CERTIFICATE',
      `${endpointUrl} shows the certificate ${shown ?? '(none)'}, not the one that was asked for`,
      'compare with the one that the machine itself shows; somebody may stand in between',
    );
  return best;
}

function sha256Of({ serverCertificate }: EndpointDescription): string | undefined {
  const bytes = serverCertificate as Buffer | null;
  if (!bytes || bytes.length === 0) return undefined;
  // A chain stands certificate behind certificate; DER tells how long the first one is.
  const length = bytes[0] === 0x30 && bytes[1] === 0x82 ? bytes.readUInt16BE(2) + 4 : bytes.length;
  return createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
}

async function open(login: MachineLogin, endpoint: EndpointDescription): Promise<ConnectedMachine> {
  const certificates = await openCertificateStore(login.pkiDir);
  const client = OPCUAClient.create({
    clientName: 'machine recorder',
    clientCertificateManager: certificates,
    securityMode: endpoint.securityMode,
    securityPolicy: endpoint.securityPolicyUri as SecurityPolicy,
    endpointMustExist: false,
    keepSessionAlive: false,
    requestedSessionTimeout: SESSION_MS,
    connectionStrategy: { maxRetry: 0 },
    defaultTransactionTimeout: TIMEOUT_MS,
    // Structures are kept as the bytes in which they come.
    dataTypeExtractStrategy: DataTypeExtractStrategy.Lazy,
  });
  // The library keeps only the text of a refused CreateSession or ActivateSession.
  let refusal: StatusCode | undefined;
  client.on('receive_response', ({ responseHeader }) => {
    if (responseHeader.serviceResult.isNotGood()) refusal = responseHeader.serviceResult;
  });
  const lost = new Promise<string>((resolve) => {
    client.once('connection_lost', () => resolve('the machine closed the connection'));
    client.once('close', (error) => resolve(error ? messageOf(error) : 'closed'));
  });
  let session: ClientSession | undefined;
  const close = async (): Promise<void> => {
    if (session) await bounded(session.close(true));
    await bounded(client.disconnect());
    await certificates.dispose();
  };
  try {
    await client.connect(login.endpointUrl);
    session = await client.createSession(identityOf(login));
    const services = await Services.of(session);
    return { endpoint, certificateSha256: sha256Of(endpoint), services, lost, close };
  } catch (error) {
    await close();
    throw refusal ? Object.assign(new Error(refusal.name), { statusCode: refusal }) : error;
  }
}

const identityOf = ({ user }: MachineLogin): UserIdentityInfo =>
  user
    ? { type: UserTokenType.UserName, userName: user.name, password: user.password }
    : { type: UserTokenType.Anonymous };

async function bounded(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([work.catch(() => undefined), patience]);
  clearTimeout(timer);
}

interface PlainResponse {
  readonly responseHeader: { readonly serviceResult: StatusCode };
}
/** The library's way in for a request as it is, without its looking structures up on the way. */
interface RawTransactions {
  performMessageTransaction(
    request: object,
    done: (error: Error | null, response?: PlainResponse) => void,
  ): void;
}

/** Requests that a smaller one may not meet. */
const TOO_MUCH: ReadonlySet<number> = new Set(
  [
    StatusCodes.BadTooManyOperations,
    StatusCodes.BadRequestTooLarge,
    StatusCodes.BadResponseTooLarge,
    StatusCodes.BadEncodingLimitsExceeded,
  ].map(({ value }) => value),
);

/** The services that a recording needs, many nodes a request, never more than the server takes. */
export class Services {
  readonly #raw: RawTransactions;
  #read = 100;
  #browse = 100;
  #monitor = 100;

  private constructor(session: ClientSession) {
    this.#raw = session as unknown as RawTransactions;
  }

  /** Asks for the limits of one request (OPC 10000-5, 6.3.11). */
  static async of(session: ClientSession): Promise<Services> {
    const services = new Services(session);
    const limits = await services.read(
      ['i=11705', 'i=11710', 'i=11714'].map((id) => [coerceNodeId(id), AttributeIds.Value] as const),
    );
    const limit = (i: number): number => {
      const stated = Number(limits[i]?.statusCode.isGood() ? limits[i]?.value.value : 0);
      return stated > 0 ? Math.min(stated, MOST) : MOST;
    };
    services.#read = limit(0);
    services.#browse = limit(1);
    services.#monitor = limit(2);
    return services;
  }

  /** Items a CreateMonitoredItems request may have. */
  get monitorLimit(): number {
    return this.#monitor;
  }

  /** @throws an error with `statusCode` when the service was refused. */
  async call<Response>(request: object): Promise<Response> {
    const response = await new Promise<PlainResponse>((resolve, reject) => {
      this.#raw.performMessageTransaction(request, (error, answer) => {
        if (error || !answer) reject(error ?? new Error('no response'));
        else resolve(answer);
      });
    });
    const { serviceResult } = response.responseHeader;
    if (serviceResult.isNotGood())
      throw Object.assign(new Error(serviceResult.name), { statusCode: serviceResult });
    return response as unknown as Response;
  }

  async read(nodes: readonly (readonly [NodeId, AttributeIds])[]): Promise<DataValue[]> {
    return this.#chunks(nodes, this.#read, async (chunk) => {
      const nodesToRead = chunk.map(([nodeId, attributeId]) => ({ nodeId, attributeId }));
      const request = new ReadRequest({ nodesToRead, timestampsToReturn: TimestampsToReturn.Both });
      return (await this.call<ReadResponse>(request)).results ?? [];
    });
  }

  /** All references of each node, in both directions; none where it may not be browsed. */
  async references(nodes: readonly NodeId[]): Promise<ReferenceDescription[][]> {
    return this.#chunks(nodes, this.#browse, async (chunk) => {
      const nodesToBrowse = chunk.map((nodeId) => ({
        nodeId,
        browseDirection: 2,
        referenceTypeId: 'i=31',
        includeSubtypes: true,
        nodeClassMask: 0,
        resultMask: 63,
      }));
      const request = new BrowseRequest({ requestedMaxReferencesPerNode: 0, nodesToBrowse });
      const { results } = await this.call<BrowseResponse>(request);
      return Promise.all((results ?? []).map((result) => this.#followUp(result)));
    });
  }

  async #followUp(first: NonNullable<BrowseResponse['results']>[number]): Promise<ReferenceDescription[]> {
    const found = [...(first.references ?? [])];
    let point = first.continuationPoint as Buffer | null;
    while (point && point.length > 0) {
      const request = new BrowseNextRequest({
        continuationPoints: [point],
        releaseContinuationPoints: false,
      });
      const { results } = await this.call<BrowseResponse>(request);
      found.push(...(results?.[0]?.references ?? []));
      point = results?.[0]?.continuationPoint ?? null;
    }
    return found;
  }

  /** Halves what is too much for one request; a single thing that is too much is the caller's error. */
  async #chunks<Item, Result>(
    items: readonly Item[],
    limit: number,
    ask: (chunk: readonly Item[]) => Promise<readonly Result[]>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    let size = limit;
    while (results.length < items.length) {
      const chunk = items.slice(results.length, results.length + size);
      try {
        const answers = await ask(chunk);
        if (answers.length !== chunk.length)
          throw new Error('the server gave fewer answers than it was asked');
        results.push(...answers);
      } catch (error) {
        const { statusCode } = error as { statusCode?: StatusCode };
        if (size === 1 || statusCode === undefined || !TOO_MUCH.has(statusCode.value)) throw error;
        size = Math.ceil(size / 2);
      }
    }
    return results;
  }
}
