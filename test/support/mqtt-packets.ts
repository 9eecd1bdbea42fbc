/** MQTT 3.1.1 control packets, written and read by hand from the standard: independent of every MQTT library. */

export interface WillFields {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

export interface ConnectFields {
  readonly clientId: string;
  readonly clean: boolean;
  readonly keepalive: number;
  readonly protocolVersion: number;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: WillFields;
}

export interface PublishFields {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly messageId?: number | undefined;
}

export type IncomingPacket =
  | { readonly cmd: 'connack'; readonly returnCode: number; readonly sessionPresent: boolean }
  | ({ readonly cmd: 'publish'; readonly payload: Buffer } & Omit<PublishFields, 'payload'>)
  | { readonly cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'unsuback'; readonly messageId: number }
  | { readonly cmd: 'suback'; readonly messageId: number; readonly granted: readonly number[] }
  | { readonly cmd: 'pingresp' };

const TYPES = {
  connack: 2,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  suback: 9,
  unsuback: 11,
  pingresp: 13,
} as const;

const word = (value: number): Buffer => Buffer.from([value >>> 8, value & 0xff]);
const text = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([word(bytes.length), bytes]);
};

export function frame(firstByte: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([firstByte]), remainingLength(body.length), body]);
}

/** 2.2.3 */
export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.from(bytes);
}

export function connectPacket(fields: ConnectFields): Buffer {
  const { username, password, will } = fields;
  const flags =
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will ? 4 | (will.qos << 3) | (will.retain ? 0x20 : 0) : 0) |
    (fields.clean ? 2 : 0);
  return frame(
    0x10,
    text('MQTT'),
    Buffer.from([fields.protocolVersion, flags]),
    word(fields.keepalive),
    text(fields.clientId),
    ...(will ? [text(will.topic), text(will.payload)] : []),
    ...(username === undefined ? [] : [text(username)]),
    ...(password === undefined ? [] : [text(password)]),
  );
}

export function publishPacket(fields: PublishFields): Buffer {
  const flags = (fields.dup ? 8 : 0) | (fields.qos << 1) | (fields.retain ? 1 : 0);
  return frame(
    0x30 | flags,
    text(fields.topic),
    ...(fields.qos > 0 ? [word(fields.messageId ?? 1)] : []),
    Buffer.from(fields.payload),
  );
}

export function subscribePacket(
  messageId: number,
  subscriptions: readonly (readonly [string, 0 | 1 | 2])[],
): Buffer {
  return frame(
    0x82,
    word(messageId),
    ...subscriptions.map(([topic, qos]) => Buffer.concat([text(topic), Buffer.from([qos])])),
  );
}

export const unsubscribePacket = (messageId: number, topic: string): Buffer =>
  frame(0xa2, word(messageId), text(topic));

export function acknowledgePacket(
  cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  messageId: number,
): Buffer {
  return frame((TYPES[cmd] << 4) | (cmd === 'pubrel' ? 2 : 0), word(messageId));
}

export const PING = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

/** Takes whole packets from the front of `bytes`; answers them and the rest. */
export function readPackets(bytes: Buffer): { packets: IncomingPacket[]; rest: Buffer } {
  const packets: IncomingPacket[] = [];
  let rest = bytes;
  for (;;) {
    const header = readHeader(rest);
    if (!header || rest.length < header.end) return { packets, rest };
    packets.push(readPacket(rest[0] ?? 0, rest.subarray(header.bodyAt, header.end)));
    rest = rest.subarray(header.end);
  }
}

function readHeader(bytes: Buffer): { bodyAt: number; end: number } | undefined {
  let length = 0;
  for (let i = 1; i < Math.min(bytes.length, 5); i += 1) {
    const byte = bytes[i] ?? 0;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return { bodyAt: i + 1, end: i + 1 + length };
  }
  return undefined;
}

function readPacket(first: number, body: Buffer): IncomingPacket {
  const type = first >>> 4;
  if (type === 3) return readPublish(first, body);
  const cmd = (Object.keys(TYPES) as (keyof typeof TYPES)[]).find((key) => TYPES[key] === type);
  switch (cmd) {
    case 'connack':
      return { cmd, sessionPresent: (body[0] ?? 0) === 1, returnCode: body[1] ?? 255 };
    case 'suback':
      return { cmd, messageId: body.readUInt16BE(0), granted: [...body.subarray(2)] };
    case 'pingresp':
      return { cmd };
    case undefined:
      throw new Error(`the broker sent packet type ${type}`);
    default:
      return { cmd, messageId: body.readUInt16BE(0) };
  }
}

function readPublish(first: number, body: Buffer): IncomingPacket {
  const qos = ((first >>> 1) & 3) as 0 | 1 | 2;
  const topicEnd = 2 + body.readUInt16BE(0);
  return {
    cmd: 'publish',
    topic: body.toString('utf8', 2, topicEnd),
    qos,
    retain: (first & 1) === 1,
    dup: (first & 8) !== 0,
    messageId: qos > 0 ? body.readUInt16BE(topicEnd) : undefined,
    payload: body.subarray(qos > 0 ? topicEnd + 2 : topicEnd),
  };
}
