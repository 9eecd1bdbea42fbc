import { render } from 'preact';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/frame.css';
import '../styles/values.css';
import '../styles/screens.css';
import '../styles/finder.css';
import { browserClock } from '../live-core/clock.ts';
import { CoreContext } from './core-context.ts';
import { createCore } from './core.ts';
import { startRouter } from './router.ts';
import { readSession } from './session.ts';
import { startSettings } from './settings.ts';
import { App } from './app.tsx';

const hidden = (): boolean => document.visibilityState === 'hidden';

async function main(): Promise<void> {
  const core = createCore({
    clock: browserClock,
    hidden,
    dial: () =>
      new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`),
  });
  core.transport.start();
  core.plant.start();
  void readSession(core.api);
  startRouter();
  await startSettings();
  core.scheduler.start();
  document.addEventListener('visibilitychange', () => {
    if (hidden()) return;
    core.transport.wake();
    core.plant.refresh();
  });
  addEventListener('online', () => core.transport.wake());
  const host = document.querySelector('#app');
  if (host)
    render(
      <CoreContext.Provider value={core}>
        <App />
      </CoreContext.Provider>,
      host,
    );
}

void main();
