import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkDocs } from './check-docs.ts';
import { checkGenerated } from './check-generated.ts';
import { checkImports } from './check-imports.ts';
import { checkLockFile } from './check-lock-file.ts';
import { checkNames } from './check-names.ts';
import { runTool } from './tool-step.ts';
import type { ToolResult } from './tool-step.ts';
import { formatViolation } from './violation.ts';
import type { Violation } from './violation.ts';

/** Fewer modules than this mean that the import check is blind, not that the project shrank. Raise it as we grow. */
export const MINIMUM_MODULES = 250;

export interface CheckStep {
  readonly name: string;
  readonly run: () => Promise<ToolResult>;
}

const TYPES = 'node_modules/typescript-7/bin/tsc';

async function fromViolations(found: Promise<readonly Violation[]>): Promise<ToolResult> {
  const violations = await found;
  return { ok: violations.length === 0, output: violations.map(formatViolation).join('\n') };
}

/** All checks in the order in which their results are most useful. */
export function checkSteps(root: string): readonly CheckStep[] {
  const hasDashboards = existsSync(path.join(root, 'dashboards/tsconfig.json'));
  const dashboards: CheckStep = {
    name: 'types of the dashboards',
    run: () => runTool(root, TYPES, ['-p', 'dashboards']),
  };
  return [
    { name: 'types', run: () => runTool(root, TYPES, ['-p', '.']) },
    ...(hasDashboards ? [dashboards] : []),
    {
      name: 'lint',
      run: () => runTool(root, 'node_modules/oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']),
    },
    { name: 'format', run: () => runTool(root, 'node_modules/prettier/bin/prettier.cjs', ['--check', '.']) },
    { name: 'import rules', run: () => fromViolations(checkImports(root, MINIMUM_MODULES)) },
    { name: 'file names', run: () => fromViolations(checkNames(root)) },
    { name: 'lock file', run: () => fromViolations(checkLockFile(root)) },
    { name: 'generated files', run: () => fromViolations(checkGenerated(root)) },
    { name: 'documents', run: () => fromViolations(checkDocs(root)) },
  ];
}
