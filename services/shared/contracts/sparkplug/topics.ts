import { isIdSegment } from '#domain/asset-path.ts';

/** Sparkplug B 3.0, 4: `spBv1.0/{group}/{type}/{edge node}[/{device}]`. Group = site, edge node = agent, device = machine. */
export const NODE_MESSAGES = ['NBIRTH', 'NDEATH', 'NDATA', 'NCMD'] as const;
export const DEVICE_MESSAGES = ['DBIRTH', 'DDEATH', 'DDATA', 'DCMD'] as const;
export type NodeMessage = (typeof NODE_MESSAGES)[number];
export type DeviceMessage = (typeof DEVICE_MESSAGES)[number];

const NAMESPACE = 'spBv1.0';

export type SparkplugTopic =
  | {
      readonly type: NodeMessage;
      readonly group: string;
      readonly edgeNode: string;
      readonly device?: undefined;
    }
  | {
      readonly type: DeviceMessage;
      readonly group: string;
      readonly edgeNode: string;
      readonly device: string;
    };

export function formatTopic(topic: SparkplugTopic): string {
  const node = `${NAMESPACE}/${topic.group}/${topic.type}/${topic.edgeNode}`;
  return topic.device === undefined ? node : `${node}/${topic.device}`;
}

/** `undefined` when `text` is not a Sparkplug topic with ids of ours. */
export function parseTopic(text: string): SparkplugTopic | undefined {
  const [namespace, group = '', type = '', edgeNode = '', device, ...rest] = text.split('/');
  if (namespace !== NAMESPACE || rest.length > 0 || !isIdSegment(group) || !isIdSegment(edgeNode))
    return undefined;
  const nodeMessage = NODE_MESSAGES.find((known) => known === type);
  if (nodeMessage) return device === undefined ? { type: nodeMessage, group, edgeNode } : undefined;
  const deviceMessage = DEVICE_MESSAGES.find((known) => known === type);
  if (!deviceMessage || device === undefined || !isIdSegment(device)) return undefined;
  return { type: deviceMessage, group, edgeNode, device };
}

/** Topic filters: what an ingest worker subscribes to. Data may be shared among workers, births and deaths never. */
export const FILTERS = {
  births: [
    `${NAMESPACE}/+/NBIRTH/+`,
    `${NAMESPACE}/+/NDEATH/+`,
    `${NAMESPACE}/+/DBIRTH/+/+`,
    `${NAMESPACE}/+/DDEATH/+/+`,
  ],
  data: [`${NAMESPACE}/+/NDATA/+`, `${NAMESPACE}/+/DDATA/+/+`],
} as const;

/** Everything below which an agent may publish, and the one topic from which it takes commands. */
export function agentTopics(group: string, edgeNode: string): { publish: string[]; subscribe: string[] } {
  return {
    publish: ['NBIRTH', 'NDEATH', 'NDATA']
      .map((type) => `${NAMESPACE}/${group}/${type}/${edgeNode}`)
      .concat(['DBIRTH', 'DDEATH', 'DDATA'].map((type) => `${NAMESPACE}/${group}/${type}/${edgeNode}/+`)),
    subscribe: [
      `${NAMESPACE}/${group}/NCMD/${edgeNode}`,
      `${NAMESPACE}/${group}/DCMD/${edgeNode}/+`,
      stateTopic('+'),
    ],
  };
}

/** Retained JSON `{online, timestamp}` of a host application. */
export const stateTopic = (hostId: string): string => `${NAMESPACE}/STATE/${hostId}`;
