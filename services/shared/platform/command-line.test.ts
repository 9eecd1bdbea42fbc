import { describe, expect, it } from 'vitest';
import { readOptions, wholeNumber } from './command-line.ts';

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
