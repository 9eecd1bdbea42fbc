import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame } from '../../test/support/mqtt-packets.ts';
import { PacketGuard } from './packet-guard.ts';

const limits = { packetBytes: 500, connectBytes: 100 };
const connect = frame(0x10, Buffer.alloc(50));

test('sees the same packets however the bytes are cut', () => {
  const packets = fc.array(fc.nat(500), { maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(packets, cuts, (sizes, steps) => {
      const bytes = Buffer.concat([connect, ...sizes.map((size) => frame(0x30, Buffer.alloc(size, 0xff)))]);
      const guard = new PacketGuard(limits);
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const step = steps[i % steps.length] ?? 1;
        expect(guard.accept(bytes.subarray(at, at + step))).toBeUndefined();
        at += step;
      }
      expect(guard.accept(frame(0x30, Buffer.alloc(501)))).toBe('PACKET_TOO_LARGE');
    }),
  );
});

test.each([
  ['a large CONNECT', [frame(0x10, Buffer.alloc(101))], 'PACKET_TOO_LARGE'],
  ['a large CONNECT later', [connect, frame(0x10, Buffer.alloc(101))], 'PACKET_TOO_LARGE'],
  ['something before CONNECT', [frame(0x30, Buffer.alloc(3))], 'PROTOCOL_ERROR'],
  ['a length of five bytes', [connect, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])], 'PROTOCOL_ERROR'],
])('%s is refused', (_name, chunks, fault) => {
  const guard = new PacketGuard(limits);
  expect(guard.accept(Buffer.concat(chunks))).toBe(fault);
});
