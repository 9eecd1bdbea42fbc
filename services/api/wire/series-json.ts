import type { WireGap } from '#contracts/api/values.ts';
import type { SignalId } from '#domain/asset-path.ts';
import type { Sample } from '#domain/sample.ts';
import type { Bucket, Gap, TimeRange } from '#domain/sample-store.ts';
import { nsToIso } from '#domain/time.ts';
import { IsoTimeWriter } from './iso-time.ts';
import { valueJson } from '#contracts/api/json-value.ts';

export type Series =
  | { readonly signal: SignalId; readonly mode: 'raw'; readonly samples: readonly Sample[] }
  | {
      readonly signal: SignalId;
      readonly mode: 'buckets';
      readonly bucketMs: number;
      readonly buckets: readonly Bucket[];
    };

export interface SeriesAnswer {
  readonly range: TimeRange;
  readonly series: readonly Series[];
  readonly gaps: readonly Gap[];
}

/** Body of `/samples` by hand, for speed. A test holds it against `samplesResponseSchema`. */
export function seriesJson({ range, series, gaps }: SeriesAnswer): string {
  const times = new IsoTimeWriter();
  const items = series.map((each) =>
    each.mode === 'raw'
      ? `{"signal":${JSON.stringify(each.signal)},"mode":"raw","samples":[${rawJson(each.samples, times)}]}`
      : `{"signal":${JSON.stringify(each.signal)},"mode":"buckets","bucketMs":${each.bucketMs},` +
        `"buckets":${bucketsJson(each.buckets, times)}}`,
  );
  const head = `"from":"${nsToIso(range.from)}","to":"${nsToIso(range.to)}"`;
  return `{${head},"items":[${items.join(',')}],"gaps":${JSON.stringify(gaps.map(toWireGap))}}`;
}

function rawJson(samples: readonly Sample[], times: IsoTimeWriter): string {
  let text = '';
  for (const { sourceTimestamp, value, statusCode, flags } of samples) {
    text +=
      `${text === '' ? '' : ','}{"t":"${times.write(sourceTimestamp)}","value":${valueJson(value)},` +
      `"statusCode":${statusCode}${flags === 0 ? '' : `,"flags":${flags}`}}`;
  }
  return text;
}

/** Five doubles a bucket: `JSON.stringify` writes them twice as fast as a template does. */
function bucketsJson(buckets: readonly Bucket[], times: IsoTimeWriter): string {
  return JSON.stringify(
    buckets.map(({ t, min, mean, max, first, last, count, worstStatus }) => ({
      t: times.write(t),
      min,
      mean,
      max,
      first,
      last,
      count,
      worstStatus,
    })),
  );
}

export function toWireGap({ machine, signal, from, to, cause }: Gap): WireGap {
  return {
    ...(machine === undefined ? {} : { machine }),
    ...(signal === undefined ? {} : { signal }),
    from: nsToIso(from),
    to: nsToIso(to),
    cause,
  };
}
