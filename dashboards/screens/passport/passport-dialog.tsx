import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PassportView } from '#contracts/api/passport.ts';
import { ApiError } from '../../api/client.ts';
import type { SignalInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import type { Loaded } from '../../app/plant.ts';
import { linkTo } from '../../app/router.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import { passportOf } from '../../frame/passport-state.ts';
import { signalName } from '../../i18n/signal-names.ts';
import { localized, t } from '../../i18n/i18n.ts';
import './passport.css';
import { PassportFacts } from './passport-facts.tsx';
import { PassportWay } from './passport-way.tsx';
import { curlOf } from './way.ts';

/** Over the screen: where a value comes from, and how long it took. Stands still until it is read again. */
export function PassportDialog({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { view, read } = usePassport(signal.id);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="passport panel"
      aria-labelledby="passport-title"
      data-passport={signal.id}
      onClose={() => {
        passportOf.value = undefined;
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
    >
      <header>
        <div>
          <p class="kicker">{t('passport.title')}</p>
          <h2 id="passport-title">{signalName(signal)}</h2>
        </div>
        <button type="button" class="plain" onClick={read}>
          {t('passport.again')}
        </button>
        <button type="button" class="plain" onClick={() => dialog.current?.close()}>
          {t('passport.close')}
        </button>
      </header>
      {view.kind === 'ready' ? (
        <Contents view={view.value} onLeave={() => dialog.current?.close()} />
      ) : (
        <LoadMessage state={view} />
      )}
    </dialog>
  );
}

function usePassport(id: string): { readonly view: Loaded<PassportView>; readonly read: () => void } {
  const { api } = useCore();
  const [view, setView] = useState<Loaded<PassportView>>({ kind: 'loading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    api.passport(id, gone.signal).then(
      (value) => setView({ kind: 'ready', value }),
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const code = error instanceof ApiError ? error.code : 'UNREACHABLE';
        setView({ kind: 'failed', code, reason: error instanceof Error ? error.message : '' });
      },
    );
    return () => gone.abort();
  }, [api, id, round]);
  return { view, read: () => setRound((n) => n + 1) };
}

function Contents({
  view,
  onLeave,
}: {
  readonly view: PassportView;
  readonly onLeave: () => void;
}): JSX.Element {
  const { id } = view.signal;
  return (
    <>
      <p class="place">
        {localized(view.machine.name)} ·{' '}
        <span class="provenance-word">{t(`provenance.${view.machine.provenance}`)}</span>
      </p>
      <PassportFacts view={view} />
      <PassportWay view={view} />
      <Curl text={curlOf(location.origin, view.links.sample)} />
      <p class="hint">
        {t('passport.clocks')}{' '}
        <a href={linkTo({ screen: 'explore', signals: [id] })} onClick={onLeave}>
          {t('nav.explore')}
        </a>
      </p>
    </>
  );
}

function Curl({ text }: { readonly text: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    // Without TLS a browser gives the clipboard to loopback only; the line can be marked by hand.
    void navigator.clipboard?.writeText(text).then(() => setCopied(true));
  };
  return (
    <section class="curl">
      <h3>{t('passport.curl')}</h3>
      <code tabIndex={0}>{text}</code>
      <button type="button" class="plain" onClick={copy}>
        {t(copied ? 'explore.copied' : 'passport.copy')}
      </button>
    </section>
  );
}
