/** Ready-made Sparkplug messages through the real broker and services process: from the first publish to the last acknowledgement. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { startCentre } from '../support/centre-process.ts';
import { TestAgent, testCatalogue } from '../support/test-agent.ts';
import { watchProcesses, type ProcessFigures } from './process-figures.ts';

export interface IngestFigures {
  readonly samplesPerSecond: number;
  readonly processes: readonly ProcessFigures[];
}

/** Messages under way, as an agent's window bounds them. */
const WINDOW = 400;
const SIGNALS = 1_000;

export async function measureIngest(
  dataDir: string,
  options: { readonly messages: number; readonly samplesPerMessage: number },
): Promise<IngestFigures> {
  const centre = await startCentre(dataDir, ['--without', 'simulators,edge-agent']);
  try {
    const config = parse(readFileSync(path.join(dataDir, 'config', 'edge-agent.yaml'), 'utf8')) as {
      mqtt: { url: string; passwordFile: string };
    };
    const agent = new TestAgent('edge-1');
    await agent.connect(config.mqtt.url, readFileSync(config.mqtt.passwordFile, 'utf8').trim());
    agent.addMachine(testCatalogue('bench', SIGNALS));
    agent.birth();
    prepare(agent, options);
    const running = centre
      .status()
      .processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
    const figures = watchProcesses(running);
    const startMs = performance.now();
    let acknowledged = 0;
    for (const [i, record] of agent.journal.entries()) {
      agent.publishRecord(record);
      if (i - acknowledged < WINDOW) continue;
      await agent.until(() => {
        acknowledged = agent.acknowledged.contiguousEnd(1);
        return i - acknowledged < WINDOW;
      }, 60_000);
    }
    await agent.untilAllAcknowledged(60_000);
    const seconds = (performance.now() - startMs) / 1000;
    const processes = figures();
    await agent.disconnect();
    return { samplesPerSecond: (options.messages * options.samplesPerMessage) / seconds, processes };
  } finally {
    await centre.pressCtrlC();
  }
}

function prepare(
  agent: TestAgent,
  options: { readonly messages: number; readonly samplesPerMessage: number },
): void {
  const firstMs = Date.now();
  for (let m = 0; m < options.messages; m += 1) {
    const samples = Array.from({ length: options.samplesPerMessage }, (_, i) => ({
      alias: 1 + (i % SIGNALS),
      timeNs: BigInt(firstMs + m * 10) * 1_000_000n + BigInt(Math.floor(i / SIGNALS)) * 100n,
      value: Math.round(5_000 + 3_000 * Math.sin((m + i) / 50)) / 100,
    }));
    agent.record('bench', samples);
  }
}
