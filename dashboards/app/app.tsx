import type { FunctionComponent, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SignalInfo } from '../api/model.ts';
import { SkewNotice, TopBar } from '../frame/top-bar.tsx';
import { passportOf } from '../frame/passport-state.ts';
import { t } from '../i18n/i18n.ts';
import { OverviewScreen } from '../screens/overview/overview-screen.tsx';
import { lazyScreen } from './lazy-screen.tsx';
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
  const [Dialog, setDialog] = useState<FunctionComponent<{ signal: SignalInfo }>>();
  useEffect(() => {
    if (!of || Dialog) return;
    void import('../screens/passport/passport-dialog.tsx').then(({ PassportDialog }) =>
      setDialog(() => PassportDialog),
    );
  }, [of, Dialog]);
  return of && Dialog ? <Dialog key={of.id} signal={of} /> : null;
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
