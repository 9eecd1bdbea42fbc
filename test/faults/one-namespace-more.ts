/** Preloaded into the simulators: their servers register one more namespace first, so that every index behind it moves by one. */
import { OPCUAServer } from 'node-opcua';

const initialize = OPCUAServer.prototype.initialize;

async function initializeWithOneMore(this: OPCUAServer): Promise<void> {
  const start: () => Promise<void> = initialize.bind(this);
  await start();
  this.engine.addressSpace?.registerNamespace('urn:faults:one-namespace-more');
}

OPCUAServer.prototype.initialize = initializeWithOneMore;
