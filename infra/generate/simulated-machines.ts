import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The simulators tell their own machines; as a process of its own, since nothing here may import an application. */
const PRINTER = 'simulators/print-machines.ts';

/** `docs/reference/simulated-machines.md` -> text; empty where there are no simulators. */
export async function simulatedMachines(root: string): Promise<ReadonlyMap<string, string>> {
  const printer = path.join(root, PRINTER);
  if (!existsSync(printer)) return new Map();
  const { stdout } = await promisify(execFile)(process.execPath, [printer], { cwd: root });
  return new Map([['docs/reference/simulated-machines.md', stdout]]);
}
