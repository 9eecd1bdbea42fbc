import type { BrokerClient } from '#contracts/config/broker.ts';
import { agentTopics, parseTopic, stateTopic } from '#contracts/sparkplug/topics.ts';
import { coversFilter, matchesFilter } from './topic-filter.ts';

/** Topics of the plain-JSON view of latest values (unified namespace), derived by ingest for simple clients. */
export const PLAIN_VIEW_FILTER = 'uns/#';
const SPARKPLUG_FILTER = 'spBv1.0/#';

/** Closed set: a metric label. */
export const REFUSALS = [
  'BAD_CREDENTIALS',
  'CLIENT_ID_REJECTED',
  'CLIENT_ID_TAKEN',
  'TOO_MANY_CONNECTIONS',
  'TOO_MANY_STRANGERS',
  'TOO_MANY_LOGINS',
  'WILL_NOT_ALLOWED',
  'PUBLISH_NOT_ALLOWED',
  'RETAIN_NOT_ALLOWED',
  'TOPIC_TOO_DEEP',
  'TOPIC_TOO_LONG',
  'SUBSCRIBE_NOT_ALLOWED',
  'SHARED_SUBSCRIPTION',
  'TOO_MANY_SUBSCRIPTIONS',
  'TOO_MANY_RETAINED',
  'PACKET_TOO_LARGE',
  'PROTOCOL_ERROR',
  'SLOW_SUBSCRIBER',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface TopicLimits {
  readonly topicLevels: number;
  readonly topicBytes: number;
}

/** Who may publish, read and be given what. One object per connected client. */
export interface AccessPolicy {
  /** The reason why not, or `undefined`. Also asked for wills, at CONNECT and when they are sent. */
  refusePublish(topic: string, retain: boolean): Refusal | undefined;
  refuseSubscribe(filter: string): Refusal | undefined;
  /** Asked for each delivery: what a filter grants is checked again against the topic itself. */
  mayReceive(topic: string): boolean;
}

interface Grants {
  readonly publish: readonly string[];
  /** What of `publish` may be retained: births and data never are (Sparkplug B 3.0, 6.4). */
  readonly retain: readonly string[];
  readonly subscribe: readonly string[];
}

const READ_ALL = [SPARKPLUG_FILTER, PLAIN_VIEW_FILTER, '#'];

function grantsOf(client: BrokerClient): Grants {
  switch (client.role) {
    case 'agent': {
      const topics = agentTopics(client.site, client.agent);
      return { publish: topics.publish, retain: [], subscribe: topics.subscribe };
    }
    case 'ingest': {
      const retain = [stateTopic('+'), PLAIN_VIEW_FILTER];
      return { publish: ['spBv1.0/+/NCMD/+', ...retain], retain, subscribe: READ_ALL };
    }
    case 'host': {
      const state = [stateTopic(client.username)];
      return { publish: state, retain: state, subscribe: READ_ALL };
    }
    case 'observer':
      return { publish: [], retain: [], subscribe: READ_ALL };
    case 'admin':
      return { publish: [], retain: [], subscribe: [...READ_ALL, '$SYS/#'] };
  }
}

/** The policy of a client of the clients file. */
export function createAccessPolicy(client: BrokerClient, limits: TopicLimits): AccessPolicy {
  const grants = grantsOf(client);
  return {
    refusePublish(topic, retain) {
      const tooBig = refuseTopic(topic, limits);
      if (tooBig) return tooBig;
      if (!grants.publish.some((filter) => matchesFilter(filter, topic)) || !isWellFormed(topic))
        return 'PUBLISH_NOT_ALLOWED';
      if (retain && !grants.retain.some((filter) => matchesFilter(filter, topic)))
        return 'RETAIN_NOT_ALLOWED';
      return undefined;
    },
    refuseSubscribe(filter) {
      const tooBig = refuseTopic(filter, limits);
      if (tooBig) return tooBig;
      // Aedes would grant `$share/...` as a literal topic and then deliver nothing.
      if (filter.startsWith('$share/')) return 'SHARED_SUBSCRIPTION';
      if (!grants.subscribe.some((allowed) => coversFilter(allowed, filter))) return 'SUBSCRIBE_NOT_ALLOWED';
      return undefined;
    },
    mayReceive: (topic) => grants.subscribe.some((filter) => matchesFilter(filter, topic)),
  };
}

/** Within `spBv1.0/` only topics of ours, so that no id with odd characters ever reaches ingest. */
function isWellFormed(topic: string): boolean {
  if (!topic.startsWith('spBv1.0/')) return true;
  return parseTopic(topic) !== undefined || /^spBv1\.0\/STATE\/[A-Za-z0-9._-]{1,64}$/.test(topic);
}

function refuseTopic(topic: string, limits: TopicLimits): Refusal | undefined {
  if (Buffer.byteLength(topic) > limits.topicBytes) return 'TOPIC_TOO_LONG';
  if (topic.split('/', limits.topicLevels + 1).length > limits.topicLevels) return 'TOPIC_TOO_DEEP';
  return undefined;
}
