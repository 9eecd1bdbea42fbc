import type { FunctionComponent, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/i18n.ts';

/** A screen whose code comes when it is first visited: the wall loads without it. */
export function lazyScreen<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  return lazily(load, () => (
    <div class="message" role="status">
      {t('link.open')}
    </div>
  ));
}

/** Something on a screen whose code comes when it is first needed; the screen stays as it is until then. */
export const lazyPart = <Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> => lazily(load, () => null);

function lazily<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
  Waiting: () => JSX.Element | null,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | undefined;
  return function Lazy(props: Props): JSX.Element {
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
    return Screen ? <Screen {...props} /> : <Waiting />;
  };
}
