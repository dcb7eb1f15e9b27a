// SPDX-License-Identifier: Apache-2.0
import { useEffect, useSyncExternalStore } from 'react';
import { LoginPage } from './features/identity/login_page';
import { AlertsPage } from './features/monitor/alerts_page';
import { rememberStudy, rememberedStudy, StudySwitcher } from './features/trial/study_switcher';
import { useI18n } from './i18n';
import { navigate, useRoute } from './route';
import { useServices } from './services';
import { LanguageSwitch } from './ui/language_switch';
import { Logo } from './ui/logo';
import { EmptyState, ErrorState, LoadingState } from './ui/states';
import { useLoad } from './ui/use_load';

export function App() {
  const { session } = useServices();
  const state = useSyncExternalStore(session.subscribe, session.get);
  return state.session ? <Desk key={state.session.token} /> : <LoginPage reason={state.reason} />;
}

/** Everything behind the log-in. */
function Desk() {
  const { t } = useI18n();
  const { client, session } = useServices();
  const route = useRoute();
  const studies = useLoad(
    (signal) => client.get('/api/v1/studies', { path: {}, signal }),
    [client],
  );
  const me = useLoad((signal) => client.get('/api/v1/identity/me', { path: {}, signal }), [client]);

  const list = studies.data?.studies;
  const study = list?.find((s) => s.id === route.studyId);
  useEffect(() => {
    if (!list || list.length === 0) return;
    if (study) {
      rememberStudy(study.id);
      return;
    }
    const fallback = list.find((s) => s.id === rememberedStudy()) ?? list[0];
    if (fallback) navigate({ studyId: fallback.id, alertId: null }, 'replace');
  }, [list, study]);

  return (
    <>
      <a className="skip" href="#content" onClick={skipToContent}>
        {t.skipToContent}
      </a>
      <header className="bar">
        <span className="brand">
          <Logo /> Vedette
        </span>
        {list && list.length > 0 && <StudySwitcher studies={list} current={study?.id ?? ''} />}
        <span className="spacer" />
        <span className="who">{me.data ? me.data.displayName || me.data.username : ''}</span>
        <LanguageSwitch />
        <button type="button" className="plain" onClick={() => session.end('signedOut')}>
          {t.signOut}
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {studies.error ? (
          <ErrorState error={studies.error} retry={studies.reload} />
        ) : !list ? (
          <LoadingState text={t.loading} />
        ) : list.length === 0 ? (
          <EmptyState title={t.noStudies} hint={t.noStudiesHint} />
        ) : study ? (
          <AlertsPage key={study.id} studyId={study.id} alertId={route.alertId} />
        ) : null}
      </main>
    </>
  );
}

/** The address belongs to the route, so the link moves the focus instead of the hash. */
function skipToContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
