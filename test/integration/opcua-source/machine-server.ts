/** A real OPC UA server of the tests' own: namespaces, values, limits and faults as each test needs them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  ServerState,
  ServiceFault,
  StatusCodes,
  Variant,
  VariantArrayType,
  type Namespace,
  type NodeId,
  type StatusCode,
  type Subscription,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type VariantOptions,
} from 'node-opcua';
import { certificateSha256, leafOf } from '../../../edge-agent/sources/opcua/pki.ts';

export interface TestServerOptions {
  /** Folder of the server's key and certificate: the same folder is the same certificate. */
  readonly pkiDir: string;
  readonly port?: number;
  /** Namespaces in the order in which they get their indexes, from 2 up. */
  readonly namespaces?: readonly string[];
  readonly build?: (server: TestServer) => void;
  readonly limits?: {
    readonly monitoredItemsPerCall?: number;
    readonly read?: number;
    readonly browse?: number;
  };
  readonly users?: Readonly<Record<string, string>>;
  readonly maxSessions?: number;
  readonly secureOnly?: boolean;
}

interface Message {
  readonly request: {
    readonly requestHeader: { readonly requestHandle: number; readonly authenticationToken: NodeId };
    readonly itemsToCreate?: readonly { readonly itemToMonitor: { readonly nodeId: NodeId } }[] | null;
  };
}
interface Channel {
  send_response(type: 'MSG', response: ServiceFault, message: Message): void;
}

export const MACHINE_URI = 'urn:test:machine';
export const OTHER_URI = 'urn:test:other';

export class TestServer {
  readonly server: OPCUAServer;
  readonly variables = new Map<string, UAVariable>();
  #root: UAObject | undefined;

  constructor(server: OPCUAServer) {
    this.server = server;
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.server.endpoints[0]?.port ?? 0;
  }

  get sha256(): string {
    return certificateSha256(leafOf(this.server.getCertificate()));
  }

  get space() {
    const space = this.server.engine.addressSpace;
    if (!space) throw new Error('the server has no address space yet');
    return space;
  }

  namespace(uri = MACHINE_URI): Namespace {
    return this.space.getNamespace(uri) as Namespace;
  }

  get root(): UAObject {
    this.#root ??= this.namespace().addObject({
      browseName: 'Pump',
      nodeId: 's=pump',
      organizedBy: this.space.rootFolder.objects,
    });
    return this.#root;
  }

  folder(name: string): UAObject {
    return this.namespace().addObject({ browseName: name, nodeId: `s=${name}`, componentOf: this.root });
  }

  /** Exception-based: what is set is reported, nothing is sampled. */
  variable(
    name: string,
    dataType: DataType | string,
    value: VariantOptions,
    parent: UAObject = this.root,
  ): UAVariable {
    const variable = this.namespace().addVariable({
      browseName: name,
      nodeId: `s=${name}`,
      dataType,
      componentOf: parent,
      minimumSamplingInterval: 0,
      ...(value.arrayType === VariantArrayType.Array && { valueRank: 1 }),
    });
    variable.setValueFromSource(value);
    this.variables.set(name, variable);
    return variable;
  }

  double(name: string, value = 0): UAVariable {
    return this.variable(name, DataType.Double, { dataType: DataType.Double, value });
  }

  set(name: string, value: number, statusCode: StatusCode = StatusCodes.Good, at = new Date()): void {
    const variable = this.variables.get(name);
    if (!variable) throw new Error(`no variable ${name}`);
    variable.setValueFromSource({ dataType: DataType.Double, value }, statusCode, at);
  }

  /** The server keeps the last `count` values of the variable for HistoryRead. */
  historize(variable: UAVariable, count: number): void {
    this.space.installHistoricalDataNode(variable, { maxOnlineValues: count });
  }

  /** Of all sessions, and those that wait for one. */
  get allSubscriptions(): Subscription[] {
    const engine = this.server.engine as unknown as {
      getSessions?: () => { publishEngine: { subscriptions: Subscription[] } }[];
      _orphanPublishEngine?: { subscriptions: Subscription[] };
    };
    const living = Object.values(engine.getSessions?.() ?? {}).map(({ publishEngine }) => publishEngine);
    return [...living, engine._orphanPublishEngine].flatMap((publish) => [...(publish?.subscriptions ?? [])]);
  }

  /** What `change` does goes into a notification that neither arrives nor can be asked for again. */
  loseNotification(change: () => void): void {
    const [subscription] = this.allSubscriptions as unknown as {
      publishEngine: { _send_response?: unknown };
      _sent_notification_messages: { sequenceNumber: number }[];
    }[];
    if (!subscription) throw new Error('no subscription');
    const { publishEngine } = subscription;
    publishEngine._send_response = () => {
      subscription._sent_notification_messages.pop();
      delete publishEngine._send_response;
    };
    change();
  }

  /** A CreateMonitoredItems request that has this node in it is refused as a whole. */
  poison(name: string): void {
    const poisonous = this.variables.get(name)?.nodeId.toString();
    const server = this.server as unknown as Record<string, (message: Message, channel: Channel) => void>;
    const create = server['_on_CreateMonitoredItemsRequest']?.bind(this.server);
    server['_on_CreateMonitoredItemsRequest'] = (message, channel) => {
      const items = message.request.itemsToCreate ?? [];
      if (!items.some(({ itemToMonitor }) => itemToMonitor.nodeId.toString() === poisonous)) {
        create?.(message, channel);
        return;
      }
      const { requestHandle } = message.request.requestHeader;
      const refusal = new ServiceFault({
        responseHeader: { requestHandle, serviceResult: StatusCodes.BadInternalError },
      });
      channel.send_response('MSG', refusal, message);
    };
  }

  /** Says that it has Russian names; but a session that is activated stays as it is. */
  refuseSecondActivation(): void {
    const locales = this.space.findNode('i=2271') as UAVariable;
    locales.setValueFromSource({
      dataType: DataType.String,
      arrayType: VariantArrayType.Array,
      value: ['en', 'ru'],
    });
    const server = this.server as unknown as Record<string, (message: Message, channel: Channel) => void>;
    const activate = server['_on_ActivateSessionRequest']?.bind(this.server);
    const activated = new Set<string>();
    server['_on_ActivateSessionRequest'] = (message, channel) => {
      const { requestHandle, authenticationToken } = message.request.requestHeader;
      const session = String(authenticationToken);
      if (!activated.has(session)) {
        activated.add(session);
        activate?.(message, channel);
        return;
      }
      const refusal = new ServiceFault({
        responseHeader: { requestHandle, serviceResult: StatusCodes.BadServiceUnsupported },
      });
      channel.send_response('MSG', refusal, message);
    };
  }

  setState(state: ServerState): void {
    this.server.engine.setServerState(state);
  }

  /** The server forgets its sessions; their subscriptions wait for another. */
  dropSessions(): void {
    const { engine } = this.server;
    const sessions = (
      engine as unknown as { getSessions(): Record<string, { authenticationToken: NodeId }> }
    ).getSessions();
    for (const { authenticationToken } of Object.values(sessions))
      engine.closeSession(authenticationToken, false, 'Terminated');
  }

  refuseResendData(): void {
    const method = this.space.findNode('i=12873') as UAMethod;
    method.bindMethod((_inputs, _context, done) => done(null, { statusCode: StatusCodes.BadNotImplemented }));
  }

  get sessions(): number {
    return this.server.currentSessionCount;
  }

  get subscriptions(): number {
    return this.server.currentSubscriptionCount;
  }

  /** Gone at once, as by a power cut: sockets destroyed, nothing said to the clients. */
  async crash(): Promise<void> {
    for (const endpoint of this.server.endpoints) endpoint.killClientSockets((error) => void error);
    await this.server.shutdown(0);
  }

  async stop(): Promise<void> {
    await this.server.shutdown(0);
  }
}

export async function startServer(options: TestServerOptions): Promise<TestServer> {
  await mkdir(options.pkiDir, { recursive: true });
  const serverCertificateManager = new OPCUACertificateManager({
    rootFolder: join(options.pkiDir),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
  await serverCertificateManager.initialize();
  const server = new OPCUAServer({
    port: options.port ?? 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    serverCertificateManager,
    securityModes:
      options.secureOnly === false
        ? [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt]
        : [MessageSecurityMode.SignAndEncrypt],
    securityPolicies:
      options.secureOnly === false
        ? [SecurityPolicy.None, SecurityPolicy.Basic256Sha256]
        : [SecurityPolicy.Basic256Sha256],
    disableDiscovery: false,
    allowAnonymous: options.users === undefined,
    userManager: { isValidUser: (name: string, password: string) => options.users?.[name] === password },
    serverInfo: { applicationUri: 'urn:test:server', applicationName: { text: 'Test server' } },
    serverCapabilities: {
      maxSessions: options.maxSessions ?? 20,
      // 0: every change goes out, none is folded into the next.
      minSupportedSampleRate: 0,
      operationLimits: {
        maxNodesPerRead: options.limits?.read ?? 1000,
        maxNodesPerBrowse: options.limits?.browse ?? 1000,
        maxMonitoredItemsPerCall: options.limits?.monitoredItemsPerCall ?? 1000,
      },
    },
  });
  await server.initialize();
  const test = new TestServer(server);
  for (const uri of options.namespaces ?? [MACHINE_URI]) test.space.registerNamespace(uri);
  options.build?.(test);
  await server.start();
  return test;
}

export { DataType, ServerState, StatusCodes, Variant, VariantArrayType };
