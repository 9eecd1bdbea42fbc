import type { JSX } from 'preact';
import type { NotRead, StreamAuditView } from '../../api/model.ts';
import { useCore, useTicker, writeText } from '../../app/core-context.ts';
import { usePolled } from '../../app/use-polled.ts';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { notReadText } from '../pipeline/account.tsx';
import { totalsOf } from '../pipeline/totals.ts';

const ASK_EVERY_MS = 5_000;

interface Books {
  readonly streams: readonly StreamAuditView[];
  readonly notRead: NotRead;
}

/** data age · lost 0 of N · not read: what the figures above rest on. */
export function AuditFoot(): JSX.Element {
  const { transport } = useCore();
  const books = useBooks();
  const age = useTicker<HTMLSpanElement>((element) => {
    const silence = transport.silenceMs();
    writeText(element, Number.isFinite(silence) ? t('link.dataAge', { age: formatAge(silence) }) : '');
  });
  const totals = books && totalsOf(books.streams);
  const lost = totals && totals.declaredLost + totals.rejected + totals.discarded + (totals.unexplained ?? 0);
  return (
    <footer class="wall-foot">
      <span ref={age} />
      {totals && lost !== undefined && (
        <span data-lost={lost}>
          {t('wall.lost', { lost: formatCount(lost), total: formatCount(totals.produced) })}
        </span>
      )}
      {books && (
        <span>
          {t('pipeline.notRead')}: {notReadText(books.notRead)}
        </span>
      )}
    </footer>
  );
}

function useBooks(): Books | undefined {
  const { api } = useCore();
  const books = usePolled<Books>({
    everyMs: ASK_EVERY_MS,
    async read(abort) {
      const [streams, { notRead }] = await Promise.all([api.audit(abort), api.pipeline(abort)]);
      return { streams, notRead };
    },
  });
  return books.kind === 'ready' ? books.value : undefined;
}
