import type { InfluxHistorianInput } from '#contracts/config/historian.ts';
import { influxHistorianSchema } from '#contracts/config/historian.ts';
import { wholeNumber } from '#platform/command-line.ts';
import { StartError, messageOf } from '#platform/errors.ts';

/** Where a store is, as it is written on the command line. */
export type StoreAddress =
  | { readonly kind: 'embedded'; readonly dir: string | undefined }
  | { readonly kind: 'influxdb'; readonly config: InfluxHistorianInput };

/** Options that belong to an InfluxDB. */
export const INFLUX_OPTIONS = {
  database: { type: 'string' },
  org: { type: 'string' },
  'token-file': { type: 'string' },
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'retention-days': { type: 'string' },
} as const;

export type InfluxOptionValues = { readonly [Name in keyof typeof INFLUX_OPTIONS]?: string | undefined };

/** `embedded`, `embedded:DIR`, `influxdb:http://host:8086`. @throws StartError */
export function parseStoreAddress(text: string, values: InfluxOptionValues): StoreAddress {
  if (text === 'embedded') return { kind: 'embedded', dir: undefined };
  if (text.startsWith('embedded:') && text.length > 9) return { kind: 'embedded', dir: text.slice(9) };
  if (!text.startsWith('influxdb:'))
    throw new StartError(
      'BAD_OPTION',
      `there is no store "${text}"`,
      'it is embedded:DIR or influxdb:http://127.0.0.1:8086',
    );
  const days = values['retention-days'];
  const known = {
    url: text.slice(9),
    database: values.database,
    org: values.org ?? process.env['INFLUX_ORG'],
    tokenFile: values['token-file'],
    username: values.username,
    passwordFile: values['password-file'],
    retentionDays: days === undefined ? undefined : wholeNumber('retention-days', days, 0, 36_500),
  };
  const config = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const checked = influxHistorianSchema.safeParse(config);
  if (checked.success) return { kind: 'influxdb', config: config as InfluxHistorianInput };
  const [issue] = checked.error.issues;
  throw new StartError(
    'BAD_OPTION',
    `the store ${text} cannot be used: ${issue?.path.join('.')} ${issue?.message ?? messageOf(checked.error)}`,
    'an address like influxdb:http://127.0.0.1:8086, and --database',
  );
}
