import type { FunctionComponent, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/i18n.ts';

/** A screen whose code comes when it is first visited: the wall loads without it. */
export function lazyScreen<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | undefined;
  return function LazyScreen(props: Props): JSX.Element {
    const [Screen, setScreen] = useState(() => loaded);
    useEffect(() => {
      if (Screen) return undefined;
      let gone = false;
      void load().then((component) => {
        loaded = component;
        if (!gone) setScreen(() => component);
      });
      return () => {
        gone = true;
      };
    }, [Screen]);
    if (Screen) return <Screen {...props} />;
    return (
      <div class="message" role="status">
        {t('link.open')}
      </div>
    );
  };
}
