import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LOCK = {
  name: 'x',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: { '': { name: 'x', version: '1.0.0' } },
};

/** A project without packages, so that a real `npm ci` needs no network, with our launcher in it. */
function project(target: string): string {
  const root = temporaryFolder('launcher');
  writeFileSync(
    path.join(root, 'package.json'),
    JSON.stringify({ name: 'x', version: '1.0.0', type: 'module' }),
  );
  writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(LOCK));
  mkdirSync(path.join(root, 'infra'));
  cpSync(path.join(REPOSITORY_ROOT, 'infra/bootstrap'), path.join(root, 'infra/bootstrap'), {
    recursive: true,
  });
  writeFileSync(path.join(root, 'target.ts'), target);
  return root;
}

/** Runs the launcher; npm's own variables are left out, so that it has to find npm itself. */
function launch(root: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Run> {
  const { npm_execpath: _cli, npm_node_execpath: _node, ...inherited } = process.env;
  return new Promise((resolve) => {
    const command = [path.join(root, 'infra/bootstrap/launch.js'), ...args];
    const options = { cwd: root, env: { ...inherited, ...environment } };
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

const SHOW_ARGUMENTS =
  'const args: string[] = process.argv.slice(2);\nprocess.stdout.write(JSON.stringify(args));\n';

describe('launcher', () => {
  it('installs what is missing, says so, and runs the target with its arguments', async () => {
    const root = project(SHOW_ARGUMENTS);
    const first = await launch(root, ['target.ts', '--http', '0', 'a b']);
    expect(first).toMatchObject({ code: 0, stdout: '["--http","0","a b"]' });
    expect(first.stderr).toMatch(/Installing the locked packages \(first run.*\n.*done after \d+\.\d s/);
    const second = await launch(root, ['target.ts', 'x']);
    expect(second).toEqual({ code: 0, stdout: '["x"]', stderr: '' });
  });

  it('installs again when the lock file changed, and when node_modules went away', async () => {
    const root = project(SHOW_ARGUMENTS);
    await launch(root, ['target.ts']);
    writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(LOCK, null, 2));
    expect((await launch(root, ['target.ts'])).stderr).toContain('the lock file changed');
    expect((await launch(root, ['target.ts'])).stderr).toBe('');
    rmSync(path.join(root, 'node_modules'), { recursive: true });
    expect((await launch(root, ['target.ts'])).stderr).toContain('first run');
    expect(existsSync(path.join(root, 'node_modules/.installed'))).toBe(true);
  });

  it("gives the target's exit code, also when it had to install first", async () => {
    const root = project('process.exitCode = 7;\n');
    expect((await launch(root, ['target.ts'])).code).toBe(7);
    expect((await launch(root, ['target.ts'])).code).toBe(7);
  });

  it('says plainly that npm is absent', async () => {
    const { code, stderr } = await launch(project(SHOW_ARGUMENTS), ['target.ts'], { PATH: '/nonexistent' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm was not found.\nWhat to check: ');
    expect(stderr).not.toContain('    at ');
  });

  it('says plainly that the clone is incomplete', async () => {
    const root = project(SHOW_ARGUMENTS);
    rmSync(path.join(root, 'package-lock.json'));
    const { code, stderr } = await launch(root, ['target.ts']);
    expect(code).toBe(1);
    expect(stderr).toContain('package-lock.json is missing');
  });
});
