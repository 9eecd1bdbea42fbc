import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config-file.ts';

const schema = z.strictObject({
  site: z.string(),
  port: z.int().min(1).max(65_535),
  whenFull: z.enum(['block', 'thin']),
  signals: z.array(z.string()).min(2),
  listen: z.strictObject({ host: z.string().min(1) }),
  own: z.string({ error: 'must be named as on the door' }),
});

const GOOD = {
  site: 'brest',
  port: 1,
  whenFull: 'thin',
  signals: ['a', 'b'],
  listen: { host: 'h' },
  own: 'x',
};

it.each([
  [{ site: undefined }, 'site: is missing: give a text'],
  [{ site: 5 }, 'site: must be a text, not 5'],
  [{ site: ['brest'] }, 'site: must be a text, not a list'],
  [{ port: 'x'.repeat(100) }, `port: must be a number, not "${'x'.repeat(39)}...`],
  [{ port: 0 }, 'port: must be at least 1'],
  [{ port: 70_000 }, 'port: must be at most 65535'],
  [{ port: 1.5 }, 'port: must be a whole number, not 1.5'],
  [{ whenFull: undefined }, 'whenFull: is missing: give one of block, thin'],
  [{ whenFull: 'never' }, 'whenFull: must be one of block, thin, not "never"'],
  [{ signals: ['a'] }, 'signals: must have at least 2 entries'],
  [{ listen: null }, 'listen: must be a group of settings, not nothing'],
  [{ listen: { host: '' } }, 'listen.host: must not be empty'],
  [{ own: 3 }, 'own: must be named as on the door'],
  [{ prot: 3 }, 'there is no setting "prot" here: check how it is spelt and how far it is indented'],
])('of %j says: %s', (wrong, said) => {
  expect(() => parseConfig(JSON.stringify({ ...GOOD, ...wrong }), schema, 'x.yaml')).toThrow(
    new RegExp(`^x.yaml cannot be used:(?:\\n )? ${said.replaceAll('.', '[.]')}$`),
  );
});
