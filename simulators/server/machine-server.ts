import type { AddressSpace, OPCUACertificateManager } from 'node-opcua';
import type { MachineRecording } from '../replay/machine-recording.ts';
import type { LocalizedText } from '#domain/machine.ts';
import type { CompanionPlan } from '../model/companion.ts';
import type { ProducedTick } from '../model/produced-tick.ts';
import type { SignalDefinition } from '../model/signal.ts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MessageSecurityMode, nodesets, OPCUAServer, RegisterServerMethod, SecurityPolicy } from 'node-opcua';
import { StartError, codeOf, messageOf } from '#platform/errors.ts';
import { buildMachine } from './address-space-builder.ts';
import { answerInLanguages, SERVED_LOCALES } from './localized-answers.ts';
import { MonitoredItemRegistry } from './monitored-item-registry.ts';
import { openCertificateStore } from './certificates.ts';
import type { ServerProfileName } from './server-profiles.ts';
import { SERVER_PROFILES } from './server-profiles.ts';
import type { ServerFault } from './server-faults.ts';
import type { MachineControlPort } from './simulation-methods.ts';
import type { AlarmDefinition } from '../model/alarm.ts';
import { MachineConditions } from './machine-conditions.ts';
import { SignalHistory } from './signal-history.ts';
import { ServerFaults } from './server-faults.ts';
import { recordedNodeset } from './recorded-nodeset.ts';
import { findRecorded, presetValues } from './recorded-space.ts';
import { addSimulationMethods, ENGINEER } from './simulation-methods.ts';
import { MachineValues } from './machine-values.ts';
import { UserCertificates } from './user-certificates.ts';

export interface MachineServerOptions {
  readonly machineId: string;
  readonly kind: string;
  readonly site: string;
  readonly name: LocalizedText;
  readonly companion: CompanionPlan;
  readonly signals: readonly SignalDefinition[];
  /** A machine that was recorded: its address space instead of one that is built. */
  readonly recorded?: MachineRecording | undefined;
  readonly profile?: ServerProfileName | undefined;
  readonly alarms?: readonly AlarmDefinition[] | undefined;
  /** Paths of signals with HistoryRead. */
  readonly history?: readonly string[] | undefined;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Folder for this server's key and certificate and for those it has seen. */
  readonly pkiDir: string;
  /** Offer Sign and None too. */
  readonly allowUnsecured: boolean;
  /** Faults and reset by methods, for a user with this name and password; absent: no such methods. */
  readonly control?: { readonly port: MachineControlPort; readonly password: string } | undefined;
}

export interface ServedEndpoint {
  readonly endpointUrl: string;
  readonly certificateSha256: string;
  readonly applicationUri: string;
  readonly rootNodeId: string;
}

/** Policies that OPC 10000-7 does not call obsolete. */
const GOOD_POLICIES = [
  SecurityPolicy.Basic256Sha256,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Aes256_Sha256_RsaPss,
] as const;

/** How long clients are told that the server is about to end (ServerStatus.SecondsTillShutdown). */
const NOTICE_MS = 1000;
/** A client that does not let go must not keep the process. */
const STOP_TIMEOUT_MS = 3000;

const patience = (): Promise<void> => setTimeout(STOP_TIMEOUT_MS, undefined, { ref: false });

/** One machine as an OPC UA server. `start` before `write`; `stop` may be called at any time. */
export class MachineServer {
  readonly #options: MachineServerOptions;
  #certificates: OPCUACertificateManager | undefined;
  #server: OPCUAServer | undefined;
  #values = new MachineValues([], []);
  #monitored = new MonitoredItemRegistry(this.#values);
  #endpoint: ServedEndpoint | undefined;
  #faults: ServerFaults | undefined;
  #conditions: MachineConditions | undefined;
  #history: SignalHistory | undefined;
  /** A namespace more before the machine's: its index is another after a restart. */
  #hasSpareNamespace = false;
  /** Values set since the start. */
  written = 0;

  constructor(options: MachineServerOptions) {
    this.#options = options;
  }

  get endpoint(): ServedEndpoint {
    if (!this.#endpoint) throw new Error(`the server of ${this.#options.machineId} is not up`);
    return this.#endpoint;
  }

  get monitored(): MonitoredItemRegistry {
    return this.#monitored;
  }

  /** @throws StartError when the port is taken or the folder cannot be written. */
  async start(): Promise<void> {
    const { machineId, host, port } = this.#options;
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      if (codeOf(error) === 'EADDRINUSE')
        throw new StartError(
          'PORT_TAKEN',
          `port ${port} for the OPC UA server of ${machineId} is taken`,
          `stop what listens on ${host}:${port}, or give another first port with --port`,
          { cause: error },
        );
      throw new StartError(
        'SERVER_NOT_STARTED',
        `the OPC UA server of ${machineId} does not start: ${messageOf(error)}`,
        `that ${this.#options.pkiDir} can be written and port ${port} is free`,
        { cause: error },
      );
    }
  }

  async #start(): Promise<void> {
    const { site, machineId, host } = this.#options;
    this.#certificates = await openCertificateStore(this.#options.pkiDir);
    const applicationUri = `urn:${site}:simulators:${machineId}`;
    const server = new OPCUAServer({
      ...this.#settings(),
      serverCertificateManager: this.#certificates,
      userCertificateManager: new UserCertificates(join(this.#options.pkiDir, 'users')),
    });
    this.#server = server;
    await server.initialize();
    const addressSpace = server.engine.addressSpace;
    if (!addressSpace) throw new Error('the server came up without an address space');
    if (this.#hasSpareNamespace) addressSpace.registerNamespace(`urn:${site}:spare`);
    const rootNodeId = this.#populate(addressSpace);
    this.#monitored = new MonitoredItemRegistry(this.#values);
    this.#monitored.attach(server);
    this.#faults = new ServerFaults(server, this.#monitored);
    await server.start();
    const certificate = server.getCertificate();
    this.#endpoint = {
      endpointUrl: `opc.tcp://${host}:${server.endpoints[0]?.port ?? this.#options.port}`,
      certificateSha256: createHash('sha256').update(certificate).digest('hex'),
      applicationUri,
      rootNodeId,
    };
  }

  /** Puts the machine into the address space. @returns its object, by namespace URI */
  #populate(addressSpace: AddressSpace): string {
    const { site, machineId, kind, companion, signals, name, recorded, control } = this.#options;
    if (recorded) {
      const { variables, signals: all } = findRecorded(addressSpace, recorded);
      this.#values = new MachineValues(variables, all);
      presetValues(this.#values, recorded);
      const [, namespace = '0', id = ''] = /^ns=(\d+);(.*)$/s.exec(recorded.header.root) ?? [];
      return `nsu=${recorded.header.namespaces[Number(namespace)] ?? ''};${id}`;
    }
    const namespaceUri = `urn:${site}:machines:${kind}`;
    const nodes = buildMachine(addressSpace, { id: machineId, namespaceUri, name, companion, signals });
    this.#values = new MachineValues(nodes.variables, signals);
    const { alarms = [], history = [] } = this.#options;
    this.#conditions = new MachineConditions(addressSpace, { ...nodes, signals, alarms });
    this.#history = new SignalHistory(addressSpace, { values: this.#values, signals, paths: history });
    if (control) addSimulationMethods(addressSpace, nodes.root, control.port);
    if (this.#server) answerInLanguages(this.#server, { root: nodes.root, name });
    return `nsu=${namespaceUri};s=${String(nodes.root.nodeId.value)}`;
  }

  /** A recorded machine brings all namespaces but that of OPC UA along, in the order in which it had them. */
  #nodesets() {
    const { companion, recorded } = this.#options;
    const standard = nodesets.standard;
    if (!recorded)
      return { nodeset_filename: [standard, ...companion.nodesets.map((each) => nodesets[each])] };
    const source = { name: recorded.file, source: () => recordedNodeset(recorded) };
    return { nodesets: [standard, source], skipOwnNamespace: true };
  }

  #settings() {
    const { site, machineId, host, port, allowUnsecured, kind } = this.#options;
    const secured = [MessageSecurityMode.SignAndEncrypt];
    const { profile = 'full' } = this.#options;
    const { maxSessions, maxSubscriptions, maxMonitoredItems, maxOperations } = SERVER_PROFILES[profile];
    const bound = this.#endpoint ? Number(new URL(this.#endpoint.endpointUrl).port) : port;
    return {
      port: bound,
      host,
      hostname: host,
      alternateHostname: ['127.0.0.1', 'localhost'],
      ...this.#nodesets(),
      // Nodesets of the package do not change: their ready images need no comparison with the XML.
      nodesetLoaderOptions: { trustSiblingImages: true },
      serverInfo: {
        applicationUri: `urn:${site}:simulators:${machineId}`,
        productUri: 'urn:brest-smart-factory:simulators',
        applicationName: { text: `${site} ${machineId}`, locale: 'en' },
      },
      buildInfo: { productName: `Simulated ${kind}`, manufacturerName: 'Brest smart-factory centre' },
      securityModes: allowUnsecured
        ? [...secured, MessageSecurityMode.Sign, MessageSecurityMode.None]
        : secured,
      securityPolicies: allowUnsecured ? [...GOOD_POLICIES, SecurityPolicy.None] : [...GOOD_POLICIES],
      allowAnonymous: true,
      userManager: { isValidUser: (name: string, password: string) => this.#isEngineer(name, password) },
      registerServerMethod: RegisterServerMethod.HIDDEN,
      maxConnectionsPerEndpoint: 50,
      // minSupportedSampleRate 0: with any other value node-opcua folds the changes of an exception-based
      // item (sampling interval 0) within that window, and only the last of them is reported.
      serverCapabilities: {
        minSupportedSampleRate: 0,
        // A recorded machine has the names that were read of it.
        localeIdArray: this.#options.recorded ? [] : [...SERVED_LOCALES],
        maxSessions,
        maxSubscriptions,
        maxSubscriptionsPerSession: Math.min(50, maxSubscriptions),
        maxMonitoredItems,
        maxMonitoredItemsPerSubscription: maxMonitoredItems,
        operationLimits: {
          maxNodesPerRead: maxOperations,
          maxNodesPerBrowse: maxOperations,
          maxNodesPerWrite: maxOperations,
          maxNodesPerMethodCall: 100,
          maxNodesPerRegisterNodes: maxOperations,
          maxNodesPerTranslateBrowsePathsToNodeIds: maxOperations,
          maxMonitoredItemsPerCall: maxOperations,
        },
      },
    };
  }

  /** Sets what the machine produced at one instant. */
  write(tick: ProducedTick): void {
    const nowMs = Date.now();
    if (!Number.isNaN(tick.timeMs)) this.#monitored.setTimes(tick.timeMs, tick.below, nowMs);
    this.#values.write(tick, nowMs);
    this.#conditions?.write(tick);
    this.#history?.write(tick);
    this.written += tick.signals.length;
  }

  /** Begins a fault of the server, or ends it with severity 0. */
  async harm(fault: ServerFault, severity: number): Promise<void> {
    if (severity === 0) this.#faults?.end(fault);
    else if (fault === 'swap-namespaces') await this.#restart();
    else this.#faults?.begin(fault, severity);
  }

  healServer(): void {
    this.#faults?.endAll();
  }

  async #restart(): Promise<void> {
    await this.stop();
    this.#hasSpareNamespace = !this.#hasSpareNamespace;
    await this.start();
  }

  #isEngineer(name: string, password: string): boolean {
    const expected = this.#options.control?.password;
    return expected !== undefined && name === ENGINEER && password === expected;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const noticeMs = server && server.currentSessionCount > 0 ? NOTICE_MS : 0;
    if (server) await Promise.race([server.shutdown(noticeMs).catch(() => undefined), patience()]);
    await this.#certificates?.dispose();
    this.#certificates = undefined;
  }
}
