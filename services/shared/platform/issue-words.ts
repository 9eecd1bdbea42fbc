import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of settings',
};

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries', map: ' entries' };

const SHOWN_CHARACTERS = 40;

/** What a schema leaves to zod to say, in the words of a person who writes the file or the request. `undefined`: zod's own. */
export const issueInWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing: give ${kindOf(issue.expected)}`
        : `must be ${kindOf(issue.expected)}, not ${shown(issue.input)}`;
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      if (issue.input === undefined) return `is missing: give one of ${values}`;
      return `must be ${issue.values.length === 1 ? values : `one of ${values}`}, not ${shown(issue.input)}`;
    }
    case 'too_small':
      if (issue.origin in UNITS && issue.inclusive && issue.minimum === 1) return 'must not be empty';
      return `must ${verb(issue)} ${issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `must ${verb(issue)} ${issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    case 'unrecognized_keys': {
      const keys = issue.keys.map((key) => `"${key}"`).join(', ');
      return `there is no setting ${keys} here: check how it is spelt and how far it is indented`;
    }
    default:
      return undefined;
  }
};

const kindOf = (expected: string): string => KINDS[expected] ?? expected;

const verb = ({ origin }: { readonly origin: string }): string => (origin in UNITS ? 'have' : 'be');

function shown(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a group of settings';
  const text = typeof input === 'bigint' ? `${input}` : (JSON.stringify(input) ?? 'that');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
