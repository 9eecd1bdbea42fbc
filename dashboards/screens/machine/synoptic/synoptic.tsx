import type { FunctionComponent, JSX } from 'preact';
import type { SignalInfo } from '../../../api/model.ts';
import { t } from '../../../i18n/i18n.ts';
import { AGV_TAGS, Agv } from './agv.tsx';
import { COMPRESSOR_TAGS, Compressor } from './compressor.tsx';
import type { DrawnKind } from './drawn-kinds.ts';
import { EnergyMeter, energyMeterTags } from './energy-meter.tsx';
import { InjectionMoulding, MOULDING_TAGS } from './injection-moulding.tsx';
import { CNC_TAGS, MachiningCentre } from './machining-centre.tsx';
import { OLD_MILL_TAGS, OldMill } from './old-mill.tsx';
import { DRAWING, TagMark } from './parts.tsx';
import type { Drawing, Tag } from './parts.tsx';
import { PUMP_TAGS, PumpLoop } from './pump-loop.tsx';
import { ROBOT_TAGS, Robot } from './robot.tsx';
import { VISION_TAGS, Vision } from './vision.tsx';
import './synoptic.css';

interface Kind {
  readonly Drawing: FunctionComponent<Drawing>;
  /** Where a machine has as many of a thing as it likes, by its signals. */
  readonly tags: readonly Tag[] | ((signals: readonly SignalInfo[]) => readonly Tag[]);
}

const KINDS: Readonly<Record<DrawnKind, Kind>> = {
  'pump-loop': { Drawing: PumpLoop, tags: PUMP_TAGS },
  compressor: { Drawing: Compressor, tags: COMPRESSOR_TAGS },
  cnc: { Drawing: MachiningCentre, tags: CNC_TAGS },
  robot: { Drawing: Robot, tags: ROBOT_TAGS },
  'injection-moulding': { Drawing: InjectionMoulding, tags: MOULDING_TAGS },
  agv: { Drawing: Agv, tags: AGV_TAGS },
  vision: { Drawing: Vision, tags: VISION_TAGS },
  'energy-meter': { Drawing: EnergyMeter, tags: energyMeterTags },
  'old-mill': { Drawing: OldMill, tags: OLD_MILL_TAGS },
};
/** A machine that has less of what the drawing shows is another machine than the one that is drawn. */
const LEAST_SHARE = 0.5;

export interface SynopticProps {
  readonly kind: DrawnKind;
  readonly signals: readonly SignalInfo[];
}

/** The machine as a drawing that moves with its values. */
export function Synoptic({ kind: name, signals }: SynopticProps): JSX.Element | null {
  const kind = KINDS[name];
  const find = (end: string): SignalInfo | undefined =>
    signals.find(({ path }) => path === end || path.endsWith(end.startsWith('/') ? end : `/${end}`));
  const wanted = typeof kind.tags === 'function' ? kind.tags(signals) : kind.tags;
  const tags = wanted.flatMap((tag) => {
    const signal = find(tag.end);
    return signal ? [{ ...tag, signal }] : [];
  });
  if (tags.length < wanted.length * LEAST_SHARE) return null;
  return (
    <section class="panel synoptic" aria-label={t('machine.synoptic')}>
      <h2>{t('machine.synoptic')}</h2>
      <div class="synoptic-drawing">
        <svg viewBox={`0 0 ${DRAWING.w} ${DRAWING.h}`} role="img" aria-label={t('machine.synoptic')}>
          <kind.Drawing find={find} signals={signals} />
        </svg>
        {tags.map(({ signal, ...tag }) => (
          <TagMark key={signal.id} signal={signal} {...tag} />
        ))}
      </div>
    </section>
  );
}
