/** What a machine is, by the type that its server says it has. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { propose, withServer, type Proposal } from '../../../edge-agent/onboarding/propose.ts';
import { Harness } from './harness.ts';
import type { TestServer } from './machine-server.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

const MACHINE_TOOL = 'http://opcfoundation.org/UA/MachineTool/';
const PACK_ML = 'http://opcfoundation.org/UA/PackML/';

async function proposalOf(build: (server: TestServer) => void, path?: string): Promise<Proposal> {
  const server = await harness.server({ build });
  const [machine] = harness.config({
    opcua: { endpoint: server.endpoint, serverCertificateSha256: server.sha256 },
  }).machines;
  if (!machine) throw new Error('no machine');
  const access = { endpoint: machine.opcua, identity: await harness.identity(), timeoutMs: 10_000 };
  return withServer(access, (context, readLimit) => propose(context, readLimit, { path }));
}

test('a vendor’s subtype of a companion type, a part of such a type, and neither', async () => {
  const mill = await proposalOf((test) => {
    const standard = test.space
      .registerNamespace(MACHINE_TOOL)
      .addObjectType({ browseName: 'MachineToolType' });
    const vendors = test.namespace().addObjectType({ browseName: 'FastMillType', subtypeOf: standard });
    const machine = vendors.instantiate({ browseName: 'Mill', organizedBy: test.space.rootFolder.objects });
    test.variable('Speed', 'Double', { dataType: 'Double', value: 1 }, machine);
  });
  expect(mill.recognised).toEqual({ kind: 'cnc', why: 'it is a MachineToolType of OPC 40501-1' });
  const packer = await proposalOf((test) => {
    const type = test.space.registerNamespace(PACK_ML).addObjectType({ browseName: 'PackMLBaseObjectType' });
    type.instantiate({ browseName: 'PackML', componentOf: test.root, namespace: test.namespace() });
    test.double('Speed', 1);
  });
  expect(packer.recognised).toMatchObject({ kind: 'packaging', why: expect.stringMatching(/a part of it/) });
  const plain = await proposalOf((test) => void test.double('Flow', 1));
  expect(plain.recognised).toMatchObject({ kind: 'generic' });
});
