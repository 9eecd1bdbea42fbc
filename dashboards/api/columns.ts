import type { ColumnsHeader } from '#contracts/api/samples.ts';

/** One signal of a columns answer. */
export interface SeriesColumns {
  readonly signal: string;
  readonly mode: 'raw' | 'buckets';
  readonly count: number;
  /** By the names of the header: `t` in ms since 1970, the rest as the API says. */
  readonly columns: Readonly<Record<string, Float64Array>>;
}

export interface ColumnsAnswer {
  readonly series: readonly SeriesColumns[];
  readonly gaps: ColumnsHeader['gaps'];
}

/** Reads `format=columns`: length of the header, header, Float64 columns. Throws `RangeError` on a truncated body. */
export function readColumns(body: ArrayBuffer): ColumnsAnswer {
  const headerBytes = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, headerBytes))) as ColumnsHeader;
  let offset = 4 + headerBytes;
  const series = header.items.map((item): SeriesColumns => {
    const columns: Record<string, Float64Array> = {};
    for (const name of item.columns) {
      columns[name] = new Float64Array(body, offset, item.count);
      offset += item.count * Float64Array.BYTES_PER_ELEMENT;
    }
    return { signal: item.signal, mode: item.mode, count: item.count, columns };
  });
  return { series, gaps: header.gaps };
}
