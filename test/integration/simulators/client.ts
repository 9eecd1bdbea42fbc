import type { ClientSession, ClientSubscription, DataValue, UserIdentityInfo } from 'node-opcua-client';
import type { SimulatedEndpoint } from '#contracts/config/simulators.ts';
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  DataChangeFilter,
  DataChangeTrigger,
  DataTypeExtractStrategy,
  DeadbandType,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
} from 'node-opcua-client';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { join } from 'node:path';

export interface Connected {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  close(this: void): Promise<void>;
}

/** A client with SignAndEncrypt and a certificate of its own under `folder`. */
export async function connect(
  endpoint: SimulatedEndpoint,
  folder: string,
  user?: UserIdentityInfo,
): Promise<Connected> {
  const clientCertificateManager = new OPCUACertificateManager({
    rootFolder: join(folder, 'client-pki'),
    automaticallyAcceptUnknownCertificate: true,
  });
  await clientCertificateManager.initialize();
  const client = OPCUAClient.create({
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 2, initialDelay: 50 },
    clientCertificateManager,
    // All types of a machine take seconds to read, those of a structure that comes do not.
    dataTypeExtractStrategy: DataTypeExtractStrategy.Lazy,
  });
  await client.connect(endpoint.endpointUrl);
  const session = await client.createSession(user);
  const close = async (): Promise<void> => {
    await session.close().catch(() => undefined);
    await client.disconnect();
    await clientCertificateManager.dispose();
  };
  return { client, session, close };
}

export interface Notified {
  readonly nodeId: string;
  readonly dataValue: DataValue;
}

export interface Watch {
  readonly subscription: ClientSubscription;
  readonly received: Notified[];
}

/** Every value of the nodes from now on: sampling interval 0, StatusValueTimestamp, long queues. */
export async function watch(
  session: ClientSession,
  nodeIds: readonly string[],
  queueSize = 1000,
  publishingMs = 50,
): Promise<Watch> {
  const received: Notified[] = [];
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: publishingMs,
    requestedMaxKeepAliveCount: 20,
    requestedLifetimeCount: 200,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const filter = new DataChangeFilter({
    trigger: DataChangeTrigger.StatusValueTimestamp,
    deadbandType: DeadbandType.None,
    deadbandValue: 0,
  });
  const group = ClientMonitoredItemGroup.create(
    subscription,
    nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    { samplingInterval: 0, discardOldest: true, queueSize, filter },
    TimestampsToReturn.Both,
  );
  group.on('changed', (item, dataValue) => {
    received.push({ nodeId: String(item.itemToMonitor.nodeId), dataValue });
  });
  await new Promise<void>((resolve, reject) => {
    group.once('initialized', () => resolve());
    group.once('err', (message: string) => reject(new Error(message)));
  });
  return { subscription, received };
}

/** `nsu=...;s=...` as the session's own index form. */
export async function localNodeId(session: ClientSession, nodeId: string): Promise<string> {
  const match = /^nsu=([^;]+);(.+)$/.exec(nodeId);
  const uris = await session.readNamespaceArray();
  return `ns=${uris.indexOf(match?.[1] ?? '')};${match?.[2] ?? ''}`;
}
