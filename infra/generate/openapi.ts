import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The API tells its own document; as a process of its own, since nothing here may import an application. */
const PRINTER = 'services/api/print-openapi.ts';
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** `docs/reference/openapi.json` -> text; empty where there is no API. */
export async function openApiDocument(root: string): Promise<ReadonlyMap<string, string>> {
  const printer = path.join(root, PRINTER);
  if (!existsSync(printer)) return new Map();
  const { stdout } = await promisify(execFile)(process.execPath, [printer], {
    cwd: root,
    maxBuffer: MAXIMUM_BYTES,
  });
  return new Map([['docs/reference/openapi.json', stdout]]);
}
