import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { SessionView } from '#contracts/api/session.ts';
import { ApiError } from '../../api/client.ts';
import { useCore } from '../../app/core-context.ts';
import { logIn, logOut, session } from '../../app/session.ts';
import { formatAge, formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { ActionTable } from './action-table.tsx';
import './login.css';

/** Who one is, and how to become somebody who may do more; engineers see what was done. */
export function LoginScreen(): JSX.Element {
  const now = session.value;
  const role = now?.user?.role;
  return (
    <div class="login">
      {now?.user ? <Known user={now.user} expiresAt={now.expiresAt} /> : <LoginForm />}
      {(role === 'engineer' || role === 'admin') && <ActionTable />}
    </div>
  );
}

interface KnownProps {
  readonly user: NonNullable<SessionView['user']>;
  readonly expiresAt: string | null;
}

function Known({ user, expiresAt }: KnownProps): JSX.Element {
  const { api } = useCore();
  const [problem, setProblem] = useState<string>();
  const leave = (): void => {
    logOut(api).catch((error: unknown) => setProblem(reasonOf(error)));
  };
  return (
    <section class="panel" aria-labelledby="who">
      <h2 id="who">{t('session.as', { name: `${user.name} (${t(`role.${user.role}`)})` })}</h2>
      <p>{t(`session.may.${user.role}`)}</p>
      {expiresAt !== null && (
        <p class="hint">{t('session.until', { time: formatDateTime(Date.parse(expiresAt)) })}</p>
      )}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <button type="button" class="plain" onClick={leave}>
        {t('session.logout')}
      </button>
    </section>
  );
}

function LoginForm(): JSX.Element {
  const { api } = useCore();
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const enter = async (name: string, password: string): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await logIn(api, name, password);
    } catch (error) {
      setProblem(reasonOf(error));
      setBusy(false);
      form.current?.querySelector<HTMLInputElement>('[name=password]')?.select();
    }
  };
  return (
    <form
      ref={form}
      class="panel"
      aria-labelledby="who"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        void enter(textOf(data, 'name'), textOf(data, 'password'));
      }}
    >
      <h2 id="who">{t('session.login')}</h2>
      <p>{t('session.visitor')}</p>
      <p class="hint">{t('session.first')}</p>
      <label>
        <span>{t('session.name')}</span>
        <input
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          maxLength={64}
        />
      </label>
      <label>
        <span>{t('session.password')}</span>
        <input name="password" type="password" autocomplete="current-password" required maxLength={256} />
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="plain" disabled={busy}>
        {t('session.login')}
      </button>
    </form>
  );
}

function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t('session.error', { reason: String(error) });
  if (error.code === 'LOGIN_FAILED') return t('session.failed');
  if (error.code === 'LOCKED_OUT')
    return t('session.locked', { age: formatAge((error.retryAfterS ?? 60) * 1_000) });
  return t('session.error', { reason: error.message });
}
