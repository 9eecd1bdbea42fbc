import { Gauge, type Registry } from '#platform/metrics.ts';
import { BROKER_ROLES, type BrokerRole } from '#contracts/config/broker.ts';

export interface BrokerGaugeSources {
  /** One entry a connected client. */
  readonly roles: () => readonly BrokerRole[];
  readonly queuedMessages: () => number;
  readonly queuedBytes: () => number;
}

export function registerBrokerGauges(registry: Registry, sources: BrokerGaugeSources): void {
  const registers = [registry];
  new Gauge({
    name: 'broker_clients',
    help: 'Connected clients by role',
    labelNames: ['role'],
    registers,
    collect() {
      const roles = sources.roles();
      for (const role of BROKER_ROLES) this.set({ role }, roles.filter((one) => one === role).length);
    },
  });
  new Gauge({
    name: 'broker_queue_messages',
    help: 'Messages waiting in the broker',
    registers,
    collect() {
      this.set(sources.queuedMessages());
    },
  });
  new Gauge({
    name: 'broker_queue_bytes',
    help: 'Bytes of payload under way in the broker',
    registers,
    collect() {
      this.set(sources.queuedBytes());
    },
  });
}
