import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { MAX_EXPLORED } from '../app/route.ts';
import type { Exploration } from '../app/route.ts';
import { linkTo, screen, visit } from '../app/router.ts';
import { t } from '../i18n/i18n.ts';
import { Finder } from './finder.tsx';
import type { Finding } from './find.ts';

/** The button and the key `/`: to any machine or signal within three keys. */
export function Search(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  // Before the next key: whoever types on at once loses no letter.
  useLayoutEffect(() => {
    if (!open) return;
    dialog.current?.showModal();
    dialog.current?.querySelector('input')?.focus();
  }, [open]);
  const pick = ({ screen: found, machine, signal }: Finding): void => {
    dialog.current?.close();
    const [site = '', id = ''] = (machine?.id ?? '').split('/');
    const target = found ?? { screen: 'machine', machine: `${site}/${id}` };
    visit(linkTo(signal ? explorationWith(signal.id) : target));
  };
  return (
    <>
      <button
        type="button"
        class="search-button"
        aria-haspopup="dialog"
        aria-label={t('search.title')}
        onClick={() => setOpen(true)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="7" cy="7" r="4.5" />
          <path d="M10.5 10.5L14 14" />
        </svg>
        <kbd aria-hidden="true">/</kbd>
      </button>
      {open && (
        <dialog
          ref={dialog}
          class="search-dialog panel"
          aria-label={t('search.title')}
          onClose={() => setOpen(false)}
          onClick={(event) => {
            if (event.target === event.currentTarget) event.currentTarget.close();
          }}
        >
          <Finder label={t('search.hint')} only="all" onPick={pick} />
        </dialog>
      )}
    </>
  );
}

/** A signal joins those that are looked at already. */
function explorationWith(signal: string): Exploration {
  const at = screen.value;
  if (at.screen !== 'explore') return { screen: 'explore', signals: [signal] };
  return { ...at, signals: [...at.signals.filter((id) => id !== signal), signal].slice(-MAX_EXPLORED) };
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
