import { ConnectionError, StartError, codeOf } from '#platform/errors.ts';
import type { DatabaseOrder, Generation } from './generation.ts';
import { refusedCredentials, refusedMaking, type HttpCall, type InfluxHttp } from './influx-http.ts';

const SECONDS_PER_DAY = 86_400;

interface Bucket {
  readonly name: string;
  readonly retentionRules?: readonly { readonly type?: string; readonly everySeconds?: number }[];
}

interface Answer<T> {
  readonly status: number;
  readonly json: T | undefined;
  readonly text: string;
}

/**
 * InfluxDB 2.x: buckets by `/api/v2/buckets`; InfluxQL sees a bucket as a database of the same name (virtual DBRP mapping,
 * docs.influxdata.com/influxdb/v2/query-data/influxql/dbrp). Documented, not proven here.
 */
export function createBuckets(http: InfluxHttp, label: string, org: string | undefined): Generation {
  const organisation = org ?? process.env['INFLUX_ORG'] ?? '';
  const query = (parameters: Readonly<Record<string, string>>): string =>
    new URLSearchParams(parameters).toString();
  const find = async (wanted: string): Promise<Bucket | undefined> => {
    const path = `/api/v2/buckets?${query({ org: organisation, name: wanted })}`;
    const { json } = await api<{ buckets: readonly Bucket[] }>(http, { method: 'GET', path });
    return json?.buckets.find(({ name }) => name === wanted);
  };
  return {
    number: 2,
    label,
    writePath: (bucket) => `/api/v2/write?${query({ org: organisation, bucket, precision: 'ns' })}`,
    ensureDatabase: async (order) => {
      if (organisation === '')
        throw new StartError('INFLUX_NO_ORG', 'InfluxDB 2.x needs the name of an organisation', ORG_CHECK);
      return keptDays((await find(order.name)) ?? (await makeBucket(http, organisation, order)));
    },
    retentionOf: async (name) => {
      const bucket = await find(name);
      return bucket && keptDays(bucket);
    },
    bytesOnDisk: () => Promise.resolve(undefined),
  };
}

function keptDays({ retentionRules = [] }: Bucket): number {
  const expiry = retentionRules.find(({ type = 'expire' }) => type === 'expire');
  return (expiry?.everySeconds ?? 0) / SECONDS_PER_DAY;
}

const ORG_CHECK = 'store.org or INFLUX_ORG; influx org list';

async function makeBucket(http: InfluxHttp, organisation: string, order: DatabaseOrder): Promise<Bucket> {
  const path = `/api/v2/orgs?org=${encodeURIComponent(organisation)}`;
  const { json: found } = await api<{ orgs: readonly { id: string }[] }>(http, { method: 'GET', path });
  const orgID = found?.orgs[0]?.id;
  if (orgID === undefined)
    throw new StartError(
      'INFLUX_NO_ORG',
      `InfluxDB at ${http.origin} has no organisation ${organisation}`,
      ORG_CHECK,
    );
  const { name, retentionDays } = order;
  const everySeconds = Math.round(retentionDays * SECONDS_PER_DAY);
  const retentionRules = retentionDays === 0 ? [] : [{ type: 'expire', everySeconds }];
  const made = await api<Bucket>(http, {
    path: '/api/v2/buckets',
    body: JSON.stringify({ orgID, name, retentionRules }),
  }).catch((error: unknown) => {
    throw codeOf(error) === 'INFLUX_CREDENTIALS' && !http.isAnonymous ? refusedMaking(http, name) : error;
  });
  if (made.json) return made.json;
  throw new StartError(
    'INFLUX_BUCKET',
    `the bucket ${name} cannot be made (${made.status}): ${made.text.slice(0, 200)}`,
    'make it by hand, or give a token that may',
  );
}

async function api<T>(http: InfluxHttp, call: HttpCall): Promise<Answer<T>> {
  const { status, body } = await http.call({ contentType: 'application/json', ...call });
  if (status === 401 || status === 403) throw refusedCredentials(http, status);
  if (status >= 500)
    throw new ConnectionError('INFLUX_API', `InfluxDB answers with ${status}: ${body.slice(0, 200)}`);
  return { status, json: status < 300 ? (JSON.parse(body) as T) : undefined, text: body };
}
