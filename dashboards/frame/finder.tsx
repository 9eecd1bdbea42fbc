import type { JSX, RefObject } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { useCore } from '../app/core-context.ts';
import { unitOf } from '../i18n/format.ts';
import { localized, t } from '../i18n/i18n.ts';
import { find } from './find.ts';
import type { Finding, Searchable } from './find.ts';
import { KindIcon } from './icons.tsx';

export interface FinderProps {
  readonly label: string;
  readonly only: 'all' | 'signals';
  readonly onPick: (finding: Finding) => void;
}

/** A field that finds machines and signals while one types; arrows choose, Enter takes. */
export function Finder({ label, only, onPick }: FinderProps): JSX.Element {
  const id = useId();
  const { text, findings, at, list, pick, onInput, onKeyDown } = useFinding(only, onPick);
  const isOpen = findings.length > 0;
  return (
    <div class="finder">
      <input
        type="search"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen ? `${id}-${at}` : undefined}
        placeholder={label}
        value={text}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ul class="findings" role="listbox" id={`${id}-list`} aria-label={label} ref={list} hidden={!isOpen}>
        {findings.map((finding, i) => (
          <FindingRow
            key={finding.signal?.id ?? finding.machine?.id ?? finding.screen?.screen}
            id={`${id}-${i}`}
            finding={finding}
            chosen={i === at}
            onPick={() => pick(finding)}
          />
        ))}
      </ul>
      {text.trim() !== '' && !isOpen && (
        <p class="hint" role="status">
          {t('search.none')}
        </p>
      )}
    </div>
  );
}

interface FinderState {
  readonly text: string;
  readonly findings: readonly Finding[];
  /** Number of the chosen one; -1 = there is none. */
  readonly at: number;
  readonly list: RefObject<HTMLUListElement>;
  readonly pick: (finding: Finding | undefined) => void;
  readonly onInput: (text: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function useFinding(only: FinderProps['only'], onPick: FinderProps['onPick']): FinderState {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const findings = find(text, useSearchable(), only);
  const at = Math.min(chosen, findings.length - 1);
  const onInput = (next: string): void => {
    setText(next);
    setChosen(0);
  };
  const pick = (finding: Finding | undefined): void => {
    if (!finding) return;
    onInput('');
    onPick(finding);
  };
  const move = (to: number): void => {
    setChosen(to);
    list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') move(Math.min(at + 1, findings.length - 1));
    else if (event.key === 'ArrowUp') move(Math.max(at - 1, 0));
    else if (event.key === 'Enter') pick(findings[at]);
    else return;
    event.preventDefault();
  };
  return { text, findings, at, list, pick, onInput, onKeyDown };
}

interface FindingRowProps {
  readonly id: string;
  readonly finding: Finding;
  readonly chosen: boolean;
  readonly onPick: () => void;
}

function FindingRow({
  id,
  finding: { machine, signal, name },
  chosen,
  onPick,
}: FindingRowProps): JSX.Element {
  return (
    // The field keeps the focus: its arrows and Enter choose (ARIA combobox).
    <li
      id={id}
      role="option"
      aria-selected={chosen}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onPick}
    >
      {machine ? <KindIcon kind={machine.kind} /> : <span class="kind-icon" />}
      <span class="found-name">
        {name}
        {signal && unitOf(signal) !== '' && <span class="unit"> {unitOf(signal)}</span>}
      </span>
      <span class="found-place">{signal && machine ? localized(machine.name) : machine?.id}</span>
    </li>
  );
}

/** All machines with the signals that are known of them; asks for those that are not yet. */
function useSearchable(): readonly Searchable[] {
  const { plant } = useCore();
  const machines = plant.machines.value;
  if (machines.kind !== 'ready') return [];
  return machines.value.map((machine) => {
    const signals = plant.signalsOf(machine.id).value;
    return { machine, signals: signals.kind === 'ready' ? signals.value : [] };
  });
}
