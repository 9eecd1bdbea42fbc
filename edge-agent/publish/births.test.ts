import sparkplug from 'sparkplug-payload';
import { describe, expect, it } from 'vitest';
import type { WireCatalogue } from '#contracts/catalogue.ts';
import { encodeDeviceBirth, encodeDeviceDeath, encodeNodeBirth, encodeNodeDeath } from './births.ts';

interface Decoded {
  readonly seq?: unknown;
  readonly timestamp?: unknown;
  readonly metrics: readonly Record<string, unknown>[];
}

/** Eclipse Tahu's decoder: another hand than ours. */
function decode(payload: Uint8Array): Decoded {
  return sparkplug.get('spBv1.0')?.decodePayload(payload) as unknown as Decoded;
}
const metric = ({ metrics }: Decoded, name: string) => metrics.find((one) => one['name'] === name);

const catalogue: WireCatalogue = {
  version: 3,
  machine: {
    id: 'cnc-01',
    kind: 'cnc',
    name: { en: 'Mill' },
    provenance: 'simulated',
    assetPath: { enterprise: 'pilot' },
  },
  signals: [
    {
      alias: 7,
      path: 'Spindle/Load',
      name: { en: 'Load' },
      dataType: 'Double',
      isArray: false,
      unit: { code: 'P1', symbol: '%' },
      range: { low: 0, high: 100 },
      nodeId: 'nsu=urn:x;s=a',
    },
    {
      alias: 8,
      path: 'Program/Name',
      name: { en: 'Program' },
      dataType: 'String',
      isArray: false,
      nodeId: 'nsu=urn:x;s=b',
    },
    {
      alias: 9,
      path: 'Parts',
      name: { en: 'Parts' },
      dataType: 'UInt64',
      isArray: false,
      nodeId: 'nsu=urn:x;s=c',
    },
  ],
};

describe('births and deaths, read by an independent decoder', () => {
  it('tck-id-payloads-nbirth-seq, -bdseq, -rebirth-required', () => {
    const birth = decode(
      encodeNodeBirth(
        5,
        { epoch: 'ab12ab12ab12ab12', birth: 'b1', tail: 3, head: 9, storeId: 's1' },
        1_700_000_000_000,
      ),
    );
    expect(Number(birth.seq)).toBe(0);
    expect(Number(metric(birth, 'bdSeq')?.['value'])).toBe(5);
    expect(metric(birth, 'Node Control/Rebirth')).toMatchObject({ type: 'Boolean', value: false });
    expect(metric(birth, 'Stream/Epoch')?.['value']).toBe('ab12ab12ab12ab12');
    expect(metric(birth, 'Stream/Birth')?.['value']).toBe('b1');
    expect(metric(birth, 'Stream/Store')?.['value']).toBe('s1');
    expect([
      Number(metric(birth, 'Stream/Tail')?.['value']),
      Number(metric(birth, 'Stream/Head')?.['value']),
    ]).toEqual([3, 9]);
    expect(birth.metrics.every((one) => one['type'] !== undefined && one['timestamp'] !== undefined)).toBe(
      true,
    );
  });

  it('tck-id-payloads-ndeath-seq: bdSeq and nothing else', () => {
    const death = decode(encodeNodeDeath(5, 1));
    expect(death.metrics.map((one) => one['name'])).toEqual(['bdSeq']);
    expect(death.seq).toBeUndefined();
  });

  it('tck-id-topics-dbirth-metrics: names, aliases, types, units and values of every signal', () => {
    const load = { value: 42.5, timeNs: 1_700_000_000_123_456_700n, statusCode: 0, sequence: 4 };
    const parts = { value: 2n ** 63n, timeNs: 1n, statusCode: 0x80000000, sequence: 4 };
    const birth = decode(
      encodeDeviceBirth({
        epoch: 'ab12ab12ab12ab12',
        catalogue,
        latest: (alias) => (alias === 7 ? load : alias === 9 ? parts : undefined),
        timestampMs: 1_700_000_000_500,
        seq: 17,
      }),
    );
    expect(Number(birth.seq)).toBe(17);
    const spindle = metric(birth, 'Spindle/Load');
    expect(spindle).toMatchObject({ type: 'Double', value: 42.5 });
    expect([Number(spindle?.['alias']), Number(spindle?.['timestamp'])]).toEqual([7, 1_700_000_000_123]);
    expect(spindle?.['properties']).toMatchObject({
      Quality: { value: 192 },
      engUnit: { value: '%' },
      engLow: { value: 0 },
      engHigh: { value: 100 },
    });
    expect(metric(birth, 'Program/Name')).toMatchObject({ type: 'String', value: null });
    expect(metric(birth, 'Program/Name')?.['properties']).toMatchObject({ Quality: { value: 0 } });
    expect(String(metric(birth, 'Parts')?.['value'])).toBe('9223372036854775808');
    expect(JSON.parse(String(metric(birth, 'Stream/Catalogue')?.['value']))).toEqual(catalogue);
  });

  it('a device death carries the next seq', () => {
    expect(Number(decode(encodeDeviceDeath(1, 255)).seq)).toBe(255);
  });
});
