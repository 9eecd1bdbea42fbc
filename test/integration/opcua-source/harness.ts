import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { edgeAgentConfigSchema, type EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import type { Source, SourceSink } from '../../../edge-agent/pipeline/source.ts';
import { createOpcUaSource, type LinkState } from '../../../edge-agent/sources/opcua/opcua-source.ts';
import { ownIdentity, type OwnIdentity } from '../../../edge-agent/sources/opcua/pki.ts';
import { startServer, type TestServer, type TestServerOptions } from './machine-server.ts';

/** Keys take seconds to make: one folder for all tests of a file. Another folder is another certificate. */
const keys = mkdtempSync(join(tmpdir(), 'opcua-keys-'));
process.once('exit', () => rmSync(keys, { recursive: true, force: true }));

export type TestSource = Source & { readonly link: LinkState };

/** Folders, one client identity, and everything that was started, stopped at the end of a test. */
export class Harness {
  readonly folder: string;
  readonly #sources: TestSource[] = [];
  readonly #servers: TestServer[] = [];
  #identity: Promise<OwnIdentity> | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Harness> {
    return new Harness(await mkdtemp(join(tmpdir(), 'opcua-source-')));
  }

  identity(): Promise<OwnIdentity> {
    this.#identity ??= ownIdentity(join(keys, 'agent-pki'), 'Edge agent');
    return this.#identity;
  }

  async server(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
    const server = await startServer({ pkiDir: join(keys, 'server-pki'), ...options });
    this.#servers.push(server);
    return server;
  }

  config(machine: Record<string, unknown>, opcua: Record<string, unknown> = {}): EdgeAgentConfig {
    return edgeAgentConfigSchema.parse({
      site: 'brest',
      agent: 'edge-1',
      dataDir: this.folder,
      mqtt: { url: 'mqtt://127.0.0.1:1' },
      opcua: { keepAliveMs: 300, ...opcua },
      machines: [{ id: 'pump-01', kind: 'pump-loop', monitoring: { publishingIntervalMs: 50 }, ...machine }],
    });
  }

  async source(
    server: { readonly endpoint: string; readonly sha256: string },
    sink: SourceSink,
    options: {
      readonly machine?: Record<string, unknown>;
      readonly endpoint?: Record<string, unknown>;
      readonly opcua?: Record<string, unknown>;
    } = {},
  ): Promise<TestSource> {
    const config = this.config(
      {
        opcua: { endpoint: server.endpoint, serverCertificateSha256: server.sha256, ...options.endpoint },
        ...options.machine,
      },
      options.opcua,
    );
    const [machine] = config.machines;
    if (!machine) throw new Error('no machine');
    const source = createOpcUaSource({
      config: machine,
      machine: {
        id: machine.id,
        kind: machine.kind,
        name: { en: machine.id },
        provenance: 'simulated',
        assetPath: config.assetPath,
      },
      client: config.opcua,
      identity: () => this.identity(),
      log: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
    });
    this.#sources.push(source);
    await source.start(sink, new AbortController().signal);
    return source;
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.stop('remove');
    for (const server of this.#servers) await server.stop().catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}
