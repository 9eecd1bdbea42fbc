import { readFile } from 'node:fs/promises';
import type { EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { formatTopic } from '#contracts/sparkplug/topics.ts';
import { encodeNodeDeath } from './births.ts';
import type { MqttSessionOptions } from './mqtt-session.ts';

/** What a CONNECT needs: files are read each time, so that a renewed password or certificate is taken. */
export async function sessionOptions(
  { site, agent, mqtt }: Pick<EdgeAgentConfig, 'site' | 'agent' | 'mqtt'>,
  bdSeq: number,
  nowMs: number,
): Promise<MqttSessionOptions> {
  return {
    url: mqtt.url,
    clientId: mqtt.clientId ?? `${site}-${agent}`,
    username: mqtt.username,
    password: await textOf(mqtt.passwordFile),
    ca: await textOf(mqtt.caFile),
    certificate: await textOf(mqtt.certificateFile),
    key: await textOf(mqtt.keyFile),
    keepAliveS: mqtt.keepAliveS,
    connectTimeoutMs: mqtt.connectTimeoutMs,
    will: {
      topic: formatTopic({ type: 'NDEATH', group: site, edgeNode: agent }),
      payload: encodeNodeDeath(bdSeq, nowMs),
    },
  };
}

async function textOf(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : (await readFile(path, 'utf8')).trim();
}
