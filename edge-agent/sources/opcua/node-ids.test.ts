import fc from 'fast-check';
import { coerceNodeId } from 'node-opcua-client';
import { expect, test } from 'vitest';
import { OPC_UA_NAMESPACE, resolvePortable, toPortable } from './node-ids.ts';

const NAMESPACES = [OPC_UA_NAMESPACE, 'urn:server', 'urn:machine', 'http://example.org/a;b=c/'];

test('every node id survives the way to its portable form and back, also under other indexes', () => {
  const identifier = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }).map((id) => `i=${id}`),
    fc.string({ minLength: 1 }).map((text) => `s=${text}`),
    fc.uuid().map((id) => `g=${id.toUpperCase()}`),
    fc.uint8Array({ minLength: 1 }).map((bytes) => `b=${Buffer.from(bytes).toString('base64')}`),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 }), identifier, (index, id) => {
      const nodeId = coerceNodeId(`ns=${index};${id}`);
      const portable = toPortable(nodeId, NAMESPACES);
      expect(resolvePortable(portable, NAMESPACES).toString()).toBe(nodeId.toString());
      const swapped = [OPC_UA_NAMESPACE, 'urn:machine', 'urn:server'];
      const there = resolvePortable(portable, swapped);
      expect(swapped[there.namespace]).toBe(NAMESPACES[index]);
    }),
  );
});

test('an unknown namespace and an index are refused', () => {
  expect(() => resolvePortable('nsu=urn:nowhere;s=x', NAMESPACES)).toThrow(/no namespace "urn:nowhere"/);
  expect(() => resolvePortable('ns=2;s=x', NAMESPACES)).toThrow(/not a node id/);
});
