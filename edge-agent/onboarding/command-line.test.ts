import { describe, expect, it } from 'vitest';
import { COMMANDS, endpointOf, namesOf, nextCommand, placeOf, readCommandLine } from './command-line.ts';
import { helpFor } from './help.ts';
import { hasOwnPage, kindOf } from './kinds.ts';

const URL = 'opc.tcp://10.0.0.7:4840/UA/Press';

describe('the next command', () => {
  it('repeats what was said of files and security, so that it runs as it stands', () => {
    const line = readCommandLine(['trust', URL, '--config', 'my agent.yaml', '--data', 'var-2', '--yes']);
    expect(nextCommand(line, 'add')).toBe(
      `npm run edge -- add ${URL} --id ID --data var-2 --config 'my agent.yaml'`,
    );
  });

  it('names another security where the asked one is not to be had', () => {
    const line = readCommandLine(['probe', URL]);
    expect(nextCommand(line, 'probe', { mode: 'None', policy: 'None' })).toBe(
      `npm run edge -- probe ${URL} --mode None --policy None`,
    );
  });

  it('is safe to paste, whatever was typed', () => {
    const line = readCommandLine(['probe', `${URL}?a=1&b=$(c)'d`]);
    expect(nextCommand(line, 'trust')).toBe(`npm run edge -- trust '${URL}?a=1&b=$(c)'\\''d'`);
  });
});

describe('--name', () => {
  const names = (...texts: readonly string[]): unknown =>
    namesOf(readCommandLine(['add', URL, ...texts.flatMap((text) => ['--name', text])]), 'press-07');

  it('is the English name, or one in another language', () => {
    expect(names()).toBeUndefined();
    expect(names('Press 7')).toEqual({ en: 'Press 7' });
    expect(names('Press = strong', 'ru=Пресс 7', 'zh=压力机 7')).toEqual({
      en: 'Press = strong',
      ru: 'Пресс 7',
      zh: '压力机 7',
    });
  });

  it('knows four languages; the id is the English name where none is given', () => {
    expect(() => names('de=Presse')).toThrow('the languages are ru, be, en, zh');
    expect(names('ru=Пресс')).toEqual({ en: 'press-07', ru: 'Пресс' });
  });

  it.each([
    [['--mode', 'Foo'], '--mode must be one of None, Sign, SignAndEncrypt, not "Foo"'],
    [['--fingerprint', 'AA:BB'], '--fingerprint must be'],
  ])('%j are refused by the name that was typed', (options, said) => {
    const line = readCommandLine(['trust', URL, ...options]);
    expect(() => endpointOf(line, line.values.fingerprint)).toThrow(said);
  });
});

describe('help', () => {
  it('is of one command where one is named, and names the options that it takes', () => {
    for (const command of COMMANDS) {
      expect(readCommandLine([command, '--help'])).toMatchObject({ command: 'help', helpOf: command });
      expect(readCommandLine(['help', command])).toMatchObject({ command: 'help', helpOf: command });
      expect(helpFor(command)).toMatch(new RegExp(`^npm run edge -- ${command} .*--config FILE`, 's'));
    }
    expect(helpFor('add')).toContain('--kind KIND');
    expect(helpFor('list')).not.toContain('--kind');
    expect(readCommandLine([])).toMatchObject({ command: 'help', helpOf: undefined });
    expect(readCommandLine(['--help'])).toMatchObject({ command: 'help', helpOf: undefined });
    expect(() => readCommandLine(['help', 'press'])).toThrow('there is no command "press"');
  });
});

describe('--kind', () => {
  it('is one that is known or a word of one’s own; what resembles a known one is answered with what was meant', () => {
    expect(kindOf(undefined)).toBeUndefined();
    expect(kindOf('cnc')).toBe('cnc');
    expect(() => kindOf('Robot')).toThrow('there is no kind "Robot"; did you mean robot?');
    expect(() => kindOf('pump')).toThrow('did you mean pump-loop?');
    expect(kindOf('kiln')).toBe('kiln');
    expect(['kiln', 'cnc'].map(hasOwnPage)).toEqual([false, true]);
    expect(() => kindOf('Kiln 2')).toThrow(/^there is no kind "Kiln 2"$/);
  });
});

describe('--area, --line and --cell', () => {
  const place = (...options: readonly string[]): unknown =>
    placeOf(readCommandLine(['add', URL, ...options]), { enterprise: 'Brest Technopark', area: 'Hall 9' });

  it('are the place of the machine below the enterprise of its agent', () => {
    expect(place()).toBeUndefined();
    expect(place('--area', 'Hall 2', '--line', 'Caps')).toEqual({
      enterprise: 'Brest Technopark',
      area: 'Hall 2',
      line: 'Caps',
    });
    expect(place('--cell', '4')).toEqual({ enterprise: 'Brest Technopark', cell: '4' });
  });

  it('are held against the rules of the configuration', () => {
    expect(() => place('--area', 'x'.repeat(129))).toThrow(/--area: .*128/);
    expect(() => place('--line', ' ')).toThrow('--line must not be empty');
  });
});
