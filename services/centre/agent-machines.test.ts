import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { SimulatedEndpoint } from '#contracts/config/simulators.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { ManagedMachines, mergeMachines } from './agent-machines.ts';

function endpoint(
  id: string,
  port: number,
  provenance: 'simulated' | 'replay' = 'simulated',
): SimulatedEndpoint {
  return {
    id,
    kind: 'cnc',
    name: { en: id },
    provenance,
    assetPath: { enterprise: 'e' },
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    certificateSha256: 'ab'.repeat(32),
    applicationUri: 'urn:x',
    securityMode: 'SignAndEncrypt',
    securityPolicy: 'Basic256Sha256',
    rootNodeId: 'nsu=urn:x;s=Root',
    signalCount: 3,
  };
}

const machinesOf = (document: ReturnType<typeof parseDocument>) =>
  (
    document.toJS() as {
      machines: { id: string; opcua: { endpoint: string; username?: string }; monitoring?: unknown }[];
    }
  ).machines;

it('adds the machines of the simulators with their pinned certificates', () => {
  const document = parseDocument('site: brest\n');
  const { managed } = mergeMachines(
    document,
    [endpoint('cnc-01', 4840), endpoint('rec-01', 4841, 'replay')],
    new Set(),
  );
  expect(managed).toEqual(['cnc-01', 'rec-01']);
  expect(machinesOf(document)).toMatchObject([
    {
      id: 'cnc-01',
      opcua: { endpoint: 'opc.tcp://127.0.0.1:4840', serverCertificateSha256: 'ab'.repeat(32) },
    },
    { id: 'rec-01', monitoring: { trigger: 'statusValueTimestamp' } },
  ]);
});

it('refreshes what it added, and keeps what the user wrote beside it', () => {
  const document = parseDocument(`# mine
machines:
  - id: cnc-01
    opcua: { endpoint: 'opc.tcp://127.0.0.1:1', username: guest }
    monitoring: { deadband: 0.5 } # less noise
  - id: own-press
    opcua: { endpoint: 'opc.tcp://10.0.0.5:4840' }
`);
  mergeMachines(document, [endpoint('cnc-01', 5000)], new Set(['cnc-01']));
  expect(machinesOf(document)).toMatchObject([
    {
      id: 'cnc-01',
      opcua: { endpoint: 'opc.tcp://127.0.0.1:5000', username: 'guest' },
      monitoring: { deadband: 0.5 },
    },
    { id: 'own-press', opcua: { endpoint: 'opc.tcp://10.0.0.5:4840' } },
  ]);
  expect(document.toString()).toContain('# mine');
  expect(document.toString()).toContain('# less noise');
});

it("removes what the plant no longer has, never the user's own machine, not even under the same id", () => {
  const own = `machines:\n  - { id: own-press, opcua: { endpoint: 'opc.tcp://10.0.0.5:4840' } }\n  - { id: old-01, opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }\n`;
  const document = parseDocument(own);
  const changes = mergeMachines(document, [endpoint('own-press', 4840)], new Set(['old-01']));
  expect(changes).toEqual({ shadowed: ['own-press'], managed: [] });
  expect(machinesOf(document)).toEqual([{ id: 'own-press', opcua: { endpoint: 'opc.tcp://10.0.0.5:4840' } }]);
});

it.each(['{', 'null', '{"machines":1}'])(
  'a list of kept machines that says %s is refused by its name',
  (text) => {
    const file = path.join(temporaryFolder(), 'managed-machines.json');
    writeFileSync(file, text);
    expect(() => new ManagedMachines(file).read()).toThrow(
      /managed-machines\.json cannot be used: .*is damaged/,
    );
  },
);
