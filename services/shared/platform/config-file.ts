import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigError, codeOf, messageOf } from './errors.ts';
import { issueInWords } from './issue-words.ts';

// For all that a process checks: every one reads its configuration, so that every one comes by here.
z.config({ customError: issueInWords });

/** Reads and validates a YAML file. @throws ConfigError with every issue at once. */
export async function readConfigFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'the file does not exist' : messageOf(error);
    throw new ConfigError(path, [{ path: '', message: `${why}; check the path and its permissions` }]);
  }
  return parseConfig(text, schema, path);
}

/** @throws ConfigError with every issue at once; `source` is how the text is named in it. */
export function parseConfig<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  source: string,
): z.output<Schema> {
  const result = schema.safeParse(readYaml(text, source) ?? {});
  if (result.success) return result.data;
  throw new ConfigError(
    source,
    result.error.issues.map((issue) => ({ path: formatPath(issue.path), message: issue.message })),
  );
}

/** What a YAML text says, unchecked; `source` is how the text is named in an error. @throws ConfigError */
export function readYaml(text: string, source: string): unknown {
  const fail = (...messages: readonly string[]): ConfigError =>
    new ConfigError(
      source,
      messages.map((message) => ({ path: '', message })),
    );
  if (text.includes('\0')) throw fail('it is not a text in UTF-8; save it as one');
  const document = parseDocument(text);
  if (document.errors.length > 0) throw fail(...document.errors.map((error) => `not YAML: ${error.message}`));
  try {
    return document.toJS();
  } catch (error) {
    throw fail(`its aliases (*) cannot be followed: ${messageOf(error)}; write out what they stand for`);
  }
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
    '',
  );
}
