import { readConfigFile } from '#platform/config-file.ts';
import { DiagnosticsServer } from '#platform/metrics.ts';
import { runProcess } from '#platform/lifecycle.ts';
import { brokerConfigSchema } from '#contracts/config/broker.ts';
import { MqttBroker } from './mqtt-broker.ts';

let broker: MqttBroker | undefined;
let diagnostics: DiagnosticsServer | undefined;

await runProcess({
  name: 'broker',
  async start({ configPath, log }) {
    const config = await readConfigFile(configPath, brokerConfigSchema);
    broker = new MqttBroker(config, log);
    await broker.start();
    const running = broker;
    diagnostics = new DiagnosticsServer(broker.registry, () => running.health());
    const metrics = await diagnostics.start(config.diagnostics.port);
    log.info({ ...broker.ports, host: config.listen.host, metrics }, 'the broker takes clients');
    return { ...broker.ports, metrics };
  },
  async stop() {
    await broker?.stop();
    await diagnostics?.stop();
  },
});
