import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { link, paintMs } from '../app/core.ts';
import { useCore, useTicker, writeText } from '../app/core-context.ts';
import { choices, linkTo, screen } from '../app/router.ts';
import { THEMES } from '../app/route.ts';
import type { Screen } from '../app/route.ts';
import { session } from '../app/session.ts';
import { chooseLanguage, chooseTheme, theme, wantedLanguage } from '../app/settings.ts';
import { formatAge, formatClock, formatMs } from '../i18n/format.ts';
import { AlarmCounts } from './alarm-marks.tsx';
import { Search } from './search-dialog.tsx';
import { LANGUAGES, LANGUAGE_NAMES, localized, t, word } from '../i18n/i18n.ts';
import type { TextKey } from '../i18n/messages.ts';

/** Site, screen, the plant's time, the connection, and the few things one may choose. */
export function TopBar(): JSX.Element {
  const kiosk = choices.value.kiosk !== undefined;
  const title = useScreenTitle();
  const site = useSiteName();
  return (
    <header class="top-bar">
      <a class="site" href={linkTo({ screen: 'overview' })}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 27V13l7 5v-5l7 5v-5l7 5V5h5v22z" />
        </svg>
        <span>{site}</span>
      </a>
      <h1>{title}</h1>
      {!kiosk && (
        <nav aria-label={t('nav.label')}>
          <NavLink to={{ screen: 'overview' }} text={t('nav.overview')} />
          <NavLink to={{ screen: 'wall' }} text={t('nav.wall')} />
          <NavLink to={{ screen: 'explore', signals: [] }} text={t('nav.explore')} />
          <NavLink to={{ screen: 'pipeline' }} text={t('nav.pipeline')} />
          <NavLink to={{ screen: 'quality' }} text={t('nav.quality')} />
        </nav>
      )}
      <AlarmCounts />
      <span class="grow" />
      {!kiosk && <Search />}
      <PlantTime />
      <LinkBadge />
      {!kiosk && <Account />}
      {!kiosk && <Choices />}
    </header>
  );
}

function useScreenTitle(): string {
  const { plant } = useCore();
  const at = screen.value;
  const machines = plant.machines.value;
  let title = t('screen.unknown');
  if (at.screen === 'overview') title = t('screen.overview');
  else if (at.screen === 'wall') title = t('screen.wall');
  else if (at.screen === 'pipeline') title = t('screen.pipeline');
  else if (at.screen === 'quality') title = t('screen.quality');
  else if (at.screen === 'login') title = t('screen.login');
  else if (at.screen === 'explore') title = t('screen.explore');
  else if (at.screen === 'alarms') title = t('screen.alarms');
  else if (at.screen === 'machine') {
    const machine =
      machines.kind === 'ready' ? machines.value.find(({ id }) => id === at.machine) : undefined;
    title = machine ? localized(machine.name) : at.machine;
  }
  useEffect(() => {
    document.title = title;
  }, [title]);
  return title;
}

/** `Brest Technopark`, as the machines say. */
function useSiteName(): string {
  const machines = useCore().plant.machines.value;
  return machines.kind === 'ready' ? word(machines.value[0]?.assetPath.enterprise ?? '') : '';
}

function NavLink({ to, text }: { readonly to: Screen; readonly text: string }): JSX.Element {
  const current = screen.value.screen === to.screen;
  return (
    <a href={linkTo(to)} aria-current={current ? 'page' : undefined}>
      {text}
    </a>
  );
}

function PlantTime(): JSX.Element {
  const { store } = useCore();
  const ref = useTicker<HTMLSpanElement>((element) =>
    writeText(element, store.serverClock.measured ? formatClock(store.serverClock.now()) : '––:––:––'),
  );
  return (
    <span class="plant-time">
      <span class="live-word">{t('time.live')}</span>
      <span class="clock" ref={ref}>
        ––:––:––
      </span>
    </span>
  );
}

/** Connection by shape, word and age of the last frame. */
function LinkBadge(): JSX.Element {
  const { transport } = useCore();
  const state = link.value;
  const ref = useTicker<HTMLSpanElement>((element) => {
    const silence = transport.silenceMs();
    writeText(element, Number.isFinite(silence) ? formatAge(silence) : '');
  });
  const paint = paintMs.value;
  return (
    <span
      class="link-badge"
      data-state={state}
      title={paint === undefined ? undefined : t('pipeline.paint', { age: formatMs(paint) })}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle class="on" cx="8" cy="8" r="5" />
        <path class="off" d="M3 3l10 10M13 3L3 13" />
      </svg>
      <span class="link-text" role="status" aria-label={`${t('link.label')}: ${t(`link.${state}`)}`}>
        {t(`link.${state}`)}
      </span>
      <span class="age" ref={ref} />
    </span>
  );
}

/** Who one is; the way to log in and out. */
function Account(): JSX.Element {
  const user = session.value?.user;
  return (
    <a
      class="who"
      href={linkTo({ screen: 'login' })}
      aria-current={screen.value.screen === 'login' ? 'page' : undefined}
    >
      {user ? user.name : t('session.login')}
    </a>
  );
}

function Choices(): JSX.Element {
  return (
    <span class="choices">
      <select
        aria-label={t('language.label')}
        value={wantedLanguage.value}
        onChange={(event) => {
          const next = LANGUAGES.find((known) => known === event.currentTarget.value);
          if (next) chooseLanguage(next);
        }}
      >
        {LANGUAGES.map((known) => (
          <option key={known} value={known} lang={known} selected={known === wantedLanguage.value}>
            {LANGUAGE_NAMES[known]}
          </option>
        ))}
      </select>
      <select
        aria-label={t('theme.label')}
        value={theme.value}
        onChange={(event) => {
          const next = THEMES.find((known) => known === event.currentTarget.value);
          if (next) chooseTheme(next);
        }}
      >
        {THEMES.map((known) => (
          <option key={known} value={known} selected={known === theme.value}>
            {t(`theme.${known}` satisfies TextKey)}
          </option>
        ))}
      </select>
    </span>
  );
}

const NOTABLE_SKEW_MS = 2_000;

/** Says so when this computer's clock is off; nothing here depends on it. */
export function SkewNotice(): JSX.Element {
  const { store } = useCore();
  const ref = useTicker<HTMLParagraphElement>((element) => {
    const skew = Math.abs(store.serverClock.skewMs());
    element.hidden = skew < NOTABLE_SKEW_MS;
    if (!element.hidden) writeText(element, t('time.skew', { age: formatAge(skew) }));
  });
  return <p class="notice" ref={ref} hidden />;
}
