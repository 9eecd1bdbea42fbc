import type { JSX } from 'preact';
import type { MachineInfo } from '../api/model.ts';
import { problemText } from '../i18n/problems.ts';
import { problemKey } from '../machines/path-problem.ts';

/** Why the edge agent does not read a machine: by its code in the page's language; a code without words as it came, in English. */
export function AgentWords({
  machine: { problem, detail = '' },
}: {
  readonly machine: MachineInfo;
}): JSX.Element {
  const key = problem && problemKey(problem.code);
  const text = problem && key && problemText(key, problem.endpoint);
  if (problem && text !== undefined)
    return (
      <span class="agent-words" title={problem.code}>
        {text}
      </span>
    );
  return (
    <span class="agent-words" lang="en">
      {detail}
    </span>
  );
}
