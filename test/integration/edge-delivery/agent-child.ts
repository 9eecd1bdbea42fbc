/** An edge agent with a counting source as a process of its own, to be killed. Argument: its configuration as JSON. */
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { createLogger } from '#platform/logger.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { CountingSource } from './counting-source.ts';

const config = edgeAgentConfigSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const agent = new EdgeAgent({
  config,
  log: createLogger('agent-child', process.env['LOG_LEVEL'] ?? 'silent'),
  createSource: ({ id }) =>
    new CountingSource({
      machineId: id,
      signals: 5,
      intervalMs: 1,
      onAcknowledged: (count) => process.stdout.write(`${count}\n`),
    }),
});
await agent.start();
process.once('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
