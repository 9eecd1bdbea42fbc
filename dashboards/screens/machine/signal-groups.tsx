import type { JSX } from 'preact';
import { isNumeric } from '../../api/model.ts';
import type { SignalInfo } from '../../api/model.ts';
import { AnalogBar, Spark } from '../../charts/spark-row.tsx';
import { Value } from '../../frame/value.tsx';
import { t } from '../../i18n/i18n.ts';
import { groupName, nameWithin } from '../../i18n/signal-names.ts';
import { groupSignals } from '../../machines/signal-groups.ts';

export interface SignalGroupsProps {
  readonly signals: readonly SignalInfo[];
  readonly trended: ReadonlySet<string>;
  readonly onToggle: (signal: SignalInfo) => void;
}

/** All signals of a machine by their place in it. A numeric signal's name is the switch of its trend. */
export function SignalGroups({ signals, trended, onToggle }: SignalGroupsProps): JSX.Element {
  if (signals.length === 0) return <p class="panel hint">{t('machine.noSignals')}</p>;
  return (
    <div class="groups">
      {groupSignals(signals).map((group) => (
        <section class="group panel" key={group.path}>
          <h2>{group.path === '' ? t('machine.general') : groupName(group.path)}</h2>
          {group.signals.map((signal) => (
            <SignalRow
              key={signal.id}
              group={group.path}
              signal={signal}
              shown={trended.has(signal.id)}
              onToggle={onToggle}
            />
          ))}
        </section>
      ))}
    </div>
  );
}

interface SignalRowProps {
  readonly group: string;
  readonly signal: SignalInfo;
  readonly shown: boolean;
  readonly onToggle: (signal: SignalInfo) => void;
}

function SignalRow({ group, signal, shown, onToggle }: SignalRowProps): JSX.Element {
  const name = nameWithin(signal, group);
  if (!isNumeric(signal))
    return (
      <div class="signal-row text-row" title={signal.path}>
        <span class="name">{name}</span>
        <Value signal={signal} />
      </div>
    );
  return (
    <div class="signal-row" title={signal.path}>
      <button
        type="button"
        class="name"
        aria-pressed={shown}
        aria-label={t(shown ? 'trend.hide' : 'trend.show', { name })}
        onClick={() => onToggle(signal)}
      >
        {name}
      </button>
      <AnalogBar signal={signal} />
      <Spark signal={signal} />
      <Value signal={signal} />
    </div>
  );
}
