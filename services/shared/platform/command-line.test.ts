import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { explainEnd, readOptions, wholeNumber } from './command-line.ts';

const options = { http: { type: 'string', short: 'p' }, out: { type: 'string' } } as const;
const read =
  (...args: string[]) =>
  () =>
    readOptions({ args, options }, 'npm start -- --help').values;

describe('options of a command', () => {
  it('are read', () => {
    expect(read('--http', '80')()).toMatchObject({ http: '80' });
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['--http', '-1'], '--http needs a value'],
    [['--out'], '--out needs a value'],
    [['word'], "Unexpected argument 'word'"],
  ])('%j are refused in one sentence, with where to look', (args, sentence) => {
    expect(read(...args)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(`^${sentence}[^.\n]*$`)),
        check: '`npm start -- --help` lists the options',
      }),
    );
  });

  it.each(['x', '-1', '1.5', '', '11'])('that are to be a number refuse "%s"', (text) => {
    expect(() => wholeNumber('limit', text, 1, 10)).toThrow('--limit needs a whole number from 1 to 10');
  });
});

it.each([
  ['ENOSPC', 'no space left on device.\nWhat to check: free space; `df -h` lists the disks.\n'],
  [
    'EACCES',
    'no space left on device.\nWhat to check: owner and permissions of that file and of the folders above it.\n',
  ],
  ['EIO', 'no space left on device.\n'],
])('%s of the system ends a command with what to check', (code, said) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  expect(explainEnd(Object.assign(new Error('no space left on device'), { code }))).toBe(1);
  expect(write.mock.calls.map(([text]) => text).join('')).toBe(said);
});

const script = (text: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { commandOptions } from '${import.meta.dirname}/command-line.ts'; ${text}`,
];

describe('a command of its own', () => {
  const run = (...args: string[]) => {
    const text =
      "const { n } = commandOptions({ n: { type: 'string' } }, 'usage'); process.stdout.write(`n=${n}`)";
    const { status, stdout, stderr } = spawnSync(process.execPath, [...script(text), '--', ...args]);
    return { status, stdout: String(stdout), stderr: String(stderr) };
  };

  it('tells its usage, takes its options, and refuses others', () => {
    expect(run('--help')).toEqual({ status: 0, stdout: 'usage', stderr: '' });
    expect(run('--n', '3')).toEqual({ status: 0, stdout: 'n=3', stderr: '' });
    expect(run('--bogus')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/Unknown option '--bogus'/),
    });
  });

  it('ends when nobody reads any more', async () => {
    const text = "commandOptions({}, ''); setInterval(() => process.stdout.write('line\\n'.repeat(1000)), 1)";
    const child = spawn(process.execPath, script(text), { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
