import { runProcess } from '#platform/lifecycle.ts';
import { DiagnosticsServer, createRegistry } from '#platform/metrics.ts';
import { EdgeAgent } from './agent.ts';
import { registerAgentMetrics } from './agent-metrics.ts';
import { watchConfig } from './config-watch.ts';
import { readAgentConfig } from './read-config.ts';
import { opcUaSourceFactory } from './sources/opcua/source-factory.ts';

let agent: EdgeAgent | undefined;
let diagnostics: DiagnosticsServer | undefined;
let unwatch: (() => void) | undefined;

await runProcess({
  name: 'edge-agent',
  async start({ configPath, log }) {
    const config = await readAgentConfig(configPath);
    const running = new EdgeAgent({ config, log, createSource: opcUaSourceFactory(log) });
    agent = running;
    await running.start();
    const registry = createRegistry();
    registerAgentMetrics(registry, running);
    diagnostics = new DiagnosticsServer(registry, () => running.components());
    const metrics = await diagnostics.start(config.diagnostics.port);
    unwatch = watchConfig(configPath, log, (changed) => running.reload(changed));
    log.info({ machines: config.machines.length, broker: config.mqtt.url, metrics }, 'the edge agent runs');
    return { agent: config.agent, metrics };
  },
  async stop() {
    unwatch?.();
    await agent?.stop();
    await diagnostics?.stop();
  },
  stopTimeoutMs: 9_500,
});
