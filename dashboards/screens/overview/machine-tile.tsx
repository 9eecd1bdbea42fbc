import type { JSX } from 'preact';
import { linkTo } from '../../app/router.ts';
import type { MachineInfo, SignalInfo } from '../../api/model.ts';
import { AnalogBar, Spark } from '../../charts/spark-row.tsx';
import { KindIcon } from '../../frame/icons.tsx';
import { LinkLine, ProvenanceTag, StateMark, useStale } from '../../frame/machine-marks.tsx';
import { SignalName } from '../../frame/signal-name.tsx';
import { Value } from '../../frame/value.tsx';
import { localized, t, word } from '../../i18n/i18n.ts';
import { signalName } from '../../i18n/signal-names.ts';

export const TILE_SIGNALS = 6;

export interface MachineTileProps {
  readonly machine: MachineInfo;
  readonly state: SignalInfo | undefined;
  readonly keys: readonly SignalInfo[];
}

/** One machine at a glance: what it is, what it does, its few telling values, and whether all that is still true. */
export function MachineTile({ machine, state, keys }: MachineTileProps): JSX.Element {
  const stale = useStale(machine.id);
  const name = localized(machine.name);
  const [site = '', id = ''] = machine.id.split('/');
  return (
    <article
      class="tile panel"
      data-machine={machine.id}
      data-stale={stale ? '' : undefined}
      data-provenance={machine.provenance}
    >
      <header class="tile-head">
        <KindIcon kind={machine.kind} />
        <div class="tile-title">
          <h2>
            <a href={linkTo({ screen: 'machine', machine: `${site}/${id}` })}>{name}</a>
          </h2>
          <span class="place">{placeOf(machine)}</span>
        </div>
      </header>
      <div class="tile-state">
        <span class="visually-hidden">{t('state.label')}</span>
        <StateMark signal={state} />
        <span class="grow" />
        <ProvenanceTag machine={machine} />
      </div>
      <div class="tile-rows">
        {keys.map((signal) => (
          <div class="signal-row" key={signal.id}>
            <SignalName name={signalName(signal)} />
            <AnalogBar signal={signal} />
            <Spark signal={signal} />
            <Value signal={signal} />
          </div>
        ))}
      </div>
      <footer class="tile-foot">
        <LinkLine machine={machine} newest={keys.map((signal) => signal.id)} />
        <span class="grow" />
        <span class="id">{machine.id}</span>
      </footer>
    </article>
  );
}

export const placeOf = ({ assetPath }: MachineInfo): string =>
  [assetPath.area, assetPath.line, assetPath.cell]
    .flatMap((part) => (part === undefined || part === '' ? [] : word(part)))
    .join(' · ');
