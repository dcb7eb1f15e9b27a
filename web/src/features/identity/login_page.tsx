// SPDX-License-Identifier: Apache-2.0
import { useState, type FormEvent } from 'react';
import { useServices } from '../../services';
import { ApiError } from '../../api/problem';
import { useI18n } from '../../i18n';
import { explain } from '../../ui/explain';
import { LanguageSwitch } from '../../ui/language_switch';
import { Logo } from '../../ui/logo';
import type { SignedOutReason } from './session';

export function LoginPage({ reason }: { reason: SignedOutReason }) {
  const { t } = useI18n();
  const { client, session } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      const answer = await client.post('/api/v1/identity/login', {
        path: {},
        body: { username, password },
      });
      session.start(answer.accessToken, answer.expiresIn);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };

  const notice = reason === 'ended' ? t.sessionEnded : reason === 'signedOut' ? t.signedOut : null;
  return (
    <main className="login">
      <form className="login-card" onSubmit={(event) => void submit(event)}>
        <h1>
          <Logo /> Vedette
        </h1>
        <p className="quiet">{t.tagline}</p>
        {notice && !failure && (
          <p className="notice" role="status">
            {notice}
          </p>
        )}
        {failure !== null && (
          <div className="notice notice-error" role="alert">
            {failure instanceof ApiError && failure.status === 401
              ? t.wrongCredentials
              : explain(failure, t)}
            {failure instanceof ApiError && failure.fields.length > 0 && (
              <ul>
                {failure.fields.map((f) => (
                  <li key={f.field}>
                    {f.field}: {f.description}
                  </li>
                ))}
              </ul>
            )}
          </div>
        )}
        <label>
          {t.userName}
          <input
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </label>
        <label>
          {t.password}
          <span className="with-button">
            <input
              name="password"
              type={visible ? 'text' : 'password'}
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <button
              type="button"
              className="plain"
              aria-pressed={visible}
              onClick={() => setVisible(!visible)}
            >
              {visible ? t.hidePassword : t.showPassword}
            </button>
          </span>
        </label>
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.signingIn : t.signIn}
        </button>
      </form>
      <LanguageSwitch />
    </main>
  );
}
