import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { ManagedConfig } from './managed-config.ts';

it('keeps its own keys in order and leaves everything else as the user wrote it', () => {
  const file = path.join(temporaryFolder(), 'services.yaml');
  new ManagedConfig(file, ' Kept by the centre.')
    .set([
      [['http', 'port'], 8080],
      [['store'], { kind: 'embedded' }],
    ])
    .save();
  const first = readFileSync(file, 'utf8');
  expect(first).toContain('# Kept by the centre.');
  writeFileSync(
    file,
    first.replace('kind: embedded', 'kind: embedded\n  retentionDays: 7 # a week is enough'),
  );

  new ManagedConfig(file, 'unused')
    .set([
      [['http', 'port'], 9090],
      [['http', 'tls'], undefined],
    ])
    .save();
  const second = readFileSync(file, 'utf8');
  expect(second).toContain('retentionDays: 7 # a week is enough');
  expect(second).toContain('port: 9090');
  expect(second).not.toContain('8080');
  expect(second).not.toContain('unused');
});

it('does not touch a file that is right already', () => {
  const file = path.join(temporaryFolder(), 'broker.yaml');
  const write = (): void => {
    new ManagedConfig(file, ' x').set([[['listen', 'tcpPort'], 1883]]).save();
  };
  write();
  const { ino, mtimeMs } = statSync(file);
  write();
  expect(statSync(file)).toMatchObject({ ino, mtimeMs });
});

it('refuses a file that is no YAML, with its name', () => {
  const file = path.join(temporaryFolder(), 'broken.yaml');
  writeFileSync(file, 'a: [1\nb: }');
  expect(() => new ManagedConfig(file, '')).toThrow(/broken.yaml cannot be used:\s.*not YAML/);
});
