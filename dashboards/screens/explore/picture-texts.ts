import type { MachineInfo } from '../../api/model.ts';
import type { Loaded } from '../../app/plant.ts';
import type { TimeWindow } from '../../app/route.ts';
import type { PictureTexts } from '../../charts/save-picture.ts';
import { palette } from '../../charts/palette.ts';
import { formatDateTime, formatValue, unitOf } from '../../i18n/format.ts';
import { signalName } from '../../i18n/signal-names.ts';
import { localized, t } from '../../i18n/i18n.ts';
import type { LegendRow } from './legend-model.ts';
import { dashOf } from './line-look.ts';

/** What a picture says besides its lines, so that it explains itself wherever it is pasted. */
export function pictureTexts(
  rows: readonly LegendRow[],
  { fromMs, toMs }: TimeWindow,
  machines: Loaded<readonly MachineInfo[]>,
): PictureTexts {
  const machineOf = (id: string): MachineInfo | undefined =>
    machines.kind === 'ready' ? machines.value.find((machine) => machine.id === id) : undefined;
  return {
    title: `${formatDateTime(fromMs)} – ${formatDateTime(toMs)}`,
    fileName: `trend-${new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-')}.png`,
    lines: rows.map(({ signal, statistics }, i) => {
      const machine = machineOf(signal.machine);
      const unit = unitOf(signal);
      const shown = (value: number | undefined): string => formatValue(signal, value ?? null);
      const figures = `${t('trend.min')} ${shown(statistics?.min)} · ${t('trend.mean')} ${shown(statistics?.mean)} · ${t('trend.max')} ${shown(statistics?.max)} ${unit}`;
      const provenance =
        machine && machine.provenance !== 'live' ? ` (${t(`provenance.${machine.provenance}`)})` : '';
      return {
        colour: palette.peek().lines[i] ?? '',
        dash: dashOf(i),
        text: `${machine ? localized(machine.name) : signal.machine}${provenance} · ${signalName(signal)}: ${figures}`,
      };
    }),
  };
}
