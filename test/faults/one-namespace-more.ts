/** Preloaded into the simulators: their servers register one more namespace first, so that every index behind it moves by one. */
import { OPCUAServer } from 'node-opcua';

const initialize = OPCUAServer.prototype.initialize;

async function initializeWithOneMore(this: OPCUAServer): Promise<void> {
  await initialize.call(this, undefined as never);
  this.engine.addressSpace?.registerNamespace('urn:faults:one-namespace-more');
}

OPCUAServer.prototype.initialize = initializeWithOneMore as typeof initialize;
