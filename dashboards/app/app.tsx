import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isUrgent } from '../frame/alarm-marks.tsx';
import { SkewNotice, TopBar } from '../frame/top-bar.tsx';
import { passportOf } from '../frame/passport-state.ts';
import { t } from '../i18n/i18n.ts';
import { OverviewScreen } from '../screens/overview/overview-screen.tsx';
import { lazyPart, lazyScreen } from './lazy-screen.tsx';
import { useCore } from './core-context.ts';
import { ROTATION } from './route.ts';
import { choices, goTo, linkTo, screen } from './router.ts';

const AlarmsScreen = lazyScreen(
  async () => (await import('../screens/alarms/alarms-screen.tsx')).AlarmsScreen,
);
const ExploreScreen = lazyScreen(
  async () => (await import('../screens/explore/explore-screen.tsx')).ExploreScreen,
);

const MachineScreen = lazyScreen(
  async () => (await import('../screens/machine/machine-screen.tsx')).MachineScreen,
);
const PipelineScreen = lazyScreen(
  async () => (await import('../screens/pipeline/pipeline-screen.tsx')).PipelineScreen,
);
const QualityScreen = lazyScreen(
  async () => (await import('../screens/quality/quality-screen.tsx')).QualityScreen,
);
const LoginScreen = lazyScreen(async () => (await import('../screens/login/login-screen.tsx')).LoginScreen);
const WallScreen = lazyScreen(async () => (await import('../screens/wall/wall-screen.tsx')).WallScreen);
const AlarmBanner = lazyPart(async () => (await import('../screens/alarms/alarm-banner.tsx')).AlarmBanner);
const PassportDialog = lazyPart(
  async () => (await import('../screens/passport/passport-dialog.tsx')).PassportDialog,
);
/** What stands is the first that these screens show. */
const TELLS_ALARMS: ReadonlySet<string> = new Set(['alarms', 'wall']);

/** The frame and the screen in it. */
export function App(): JSX.Element {
  const at = screen.value;
  const kiosk = choices.value.kiosk;
  const key = at.screen === 'machine' ? at.machine : at.screen;
  useRotation();
  useEffect(() => {
    document.documentElement.dataset['kiosk'] = kiosk ?? 'off';
  }, [kiosk]);
  return (
    <>
      <a class="skip" href="#content">
        {t('nav.skip')}
      </a>
      {kiosk !== 'none' && <TopBar />}
      {kiosk !== 'none' && <BannerHost />}
      <SkewNotice />
      <main id="content" tabIndex={-1} key={key} data-screen={at.screen}>
        <CurrentScreen />
      </main>
      <PassportHost />
    </>
  );
}

/** Its code comes with the first value that is pressed; the screen stays as it is until then. */
function PassportHost(): JSX.Element | null {
  const of = passportOf.value;
  return of ? <PassportDialog key={of.id} signal={of} /> : null;
}

/** Under the bar of every screen, while there is something that cannot wait; a machine's own page tells its alarms itself. */
function BannerHost(): JSX.Element | null {
  const { alarms } = useCore();
  const standing = alarms.standing.value;
  if (standing.kind !== 'ready' || TELLS_ALARMS.has(screen.value.screen)) return null;
  const at = screen.value;
  const shown = at.screen === 'machine' ? at.machine : undefined;
  const urgent = standing.value.filter((alarm) => isUrgent(alarm) && alarm.machine !== shown);
  return urgent.length > 0 ? <AlarmBanner urgent={urgent} /> : null;
}

/** `?rotate=30`: the next screen every half minute; from a screen that is not in the rotation to its first. */
function useRotation(): void {
  const { clock } = useCore();
  const { rotateS } = choices.value;
  const at = screen.value.screen;
  useEffect(() => {
    if (rotateS === undefined) return undefined;
    return clock.after(rotateS * 1_000, () => {
      const next = ROTATION[(ROTATION.findIndex((name) => name === at) + 1) % ROTATION.length] ?? 'wall';
      goTo({ screen: next }, 'replace');
    });
  }, [clock, rotateS, at]);
}

function CurrentScreen(): JSX.Element {
  const at = screen.value;
  switch (at.screen) {
    case 'overview':
      return <OverviewScreen />;
    case 'wall':
      return <WallScreen />;
    case 'machine':
      return <MachineScreen machine={at.machine} />;
    case 'explore':
      return <ExploreScreen at={at} />;
    case 'alarms':
      return <AlarmsScreen at={at} />;
    case 'pipeline':
      return <PipelineScreen />;
    case 'quality':
      return <QualityScreen />;
    case 'login':
      return <LoginScreen />;
    case 'unknown':
      return (
        <div class="message panel">
          <h2>{t('screen.unknown')}</h2>
          <p>{t('screen.unknownText')}</p>
          <p>
            <a href={linkTo({ screen: 'overview' })}>{t('screen.overview')}</a>
          </p>
        </div>
      );
  }
}
