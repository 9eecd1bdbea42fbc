// The few ASN.1 DER forms that an X.509 certificate is made of (ITU-T X.690). Each function gives a whole TLV.

const LONG_FORM = 0x80;

function length(count: number): Buffer {
  if (count < LONG_FORM) return Buffer.from([count]);
  const bytes: number[] = [];
  for (let rest = count; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([LONG_FORM | bytes.length, ...bytes]);
}

export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => tlv(0x04, content);
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
/** `[number]` EXPLICIT */
export const explicit = (number: number, content: Uint8Array): Buffer => tlv(0xa0 | number, content);
/** `[number]` IMPLICIT of a primitive type */
export const implicit = (number: number, content: Uint8Array): Buffer => tlv(0x80 | number, content);

/** A non-negative integer, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const needsZero = ((bytes[0] ?? 0) & LONG_FORM) !== 0;
  return tlv(0x02, needsZero ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return tlv(0x03, Buffer.from([unusedBits]), content);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second].concat(
    rest.flatMap((part) => {
      const groups = [part & 0x7f];
      for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
        groups.unshift((left & 0x7f) | LONG_FORM);
      }
      return groups;
    }),
  );
  return tlv(0x06, Buffer.from(bytes));
}

/** GeneralizedTime in UTC, whole seconds; X.509 wants UTCTime before 2050 (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`));
}
