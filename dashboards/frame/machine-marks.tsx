import type { JSX } from 'preact';
import { severityOf } from '../../services/shared/domain/status-code.ts';
import { link, staleVersion } from '../app/core.ts';
import { useCore, useReading, useTicker, writeText } from '../app/core-context.ts';
import type { MachineInfo, SignalInfo } from '../api/model.ts';
import { formatAge } from '../i18n/format.ts';
import { isTextKey, t } from '../i18n/i18n.ts';
import { setAttribute } from '../live-core/binders.ts';
import { readState } from '../machines/machine-state.ts';
import { StateShape } from './icons.tsx';

const CLASSES = ['run', 'idle', 'setup', 'down', 'off', 'unknown'] as const;

/** State as shape and word; all shapes are in the page, an attribute shows one: no component runs per change. */
export function StateMark({ signal }: { readonly signal: SignalInfo | undefined }): JSX.Element {
  const ref = useReading<HTMLSpanElement>(signal?.id, (element, { value, statusCode }) => {
    const bad = severityOf(statusCode) === 'bad';
    const state = signal && !bad ? readState(signal, value) : undefined;
    setAttribute(element, 'data-state', state?.class ?? 'unknown');
    setAttribute(element, 'data-quality', bad ? 'bad' : undefined);
    const text = element.lastElementChild;
    if (text) writeText(text, state?.text ?? t('state.unknown'));
  });
  return (
    <span class="state-mark" data-state="unknown" ref={ref}>
      {CLASSES.map((state) => (
        <StateShape key={state} state={state} />
      ))}
      <span class="state-text" data-signal={signal?.id}>
        {t(signal ? 'state.unknown' : 'state.none')}
      </span>
    </span>
  );
}

export function ProvenanceTag({ machine }: { readonly machine: MachineInfo }): JSX.Element {
  return (
    <span class="provenance" data-provenance={machine.provenance} title={t('provenance.label')}>
      {t(`provenance.${machine.provenance}`)}
    </span>
  );
}

/** `true` when nothing is known of the machine's values any more. */
export function useStale(machine: string): boolean {
  const { store } = useCore();
  void staleVersion.value;
  return store.staleAgeMs(machine) !== undefined || !TRUSTED.has(link.value);
}
const TRUSTED: ReadonlySet<string> = new Set(['live']);

/** The edge agent's word for the machine's path. */
export function machineLinkText({ state }: MachineInfo): string {
  const key = `machineLink.${state}`;
  return isTextKey(key) ? t(key) : state;
}

/** How the machine's path is, and how old what is shown is. */
export function LinkLine({
  machine,
  newest,
}: {
  readonly machine: MachineInfo;
  readonly newest: readonly string[];
}): JSX.Element {
  const { store, transport } = useCore();
  const stale = useStale(machine.id);
  const text = stale && machine.state === 'online' ? t('machineLink.silent') : machineLinkText(machine);
  const age = useTicker<HTMLSpanElement>((element) => {
    const dead = store.staleAgeMs(machine.id);
    const silence = transport.link === 'live' ? dead : Math.max(dead ?? 0, transport.silenceMs());
    if (silence !== undefined) {
      writeText(
        element,
        Number.isFinite(silence) ? t('value.stale', { age: formatAge(silence) }) : t('value.none'),
      );
      return;
    }
    let latest = NaN;
    for (const id of newest) {
      const time = store.times[store.slotOf(id)] ?? NaN;
      if (!(time <= latest)) latest = Number.isNaN(time) ? latest : time;
    }
    writeText(element, Number.isNaN(latest) ? t('value.none') : formatAge(store.serverClock.now() - latest));
  });
  return (
    <span class="link-line" data-stale={stale ? '' : undefined}>
      <span class="dot" aria-hidden="true" />
      <span class="link-word">{text}</span>
      <span class="age" ref={age} />
    </span>
  );
}
