// SPDX-License-Identifier: Apache-2.0
import { useEffect, useSyncExternalStore } from 'react';
import { LoginPage } from './features/identity/login_page';
import { AlertsPage } from './features/monitor/alerts_page';
import { RulesPage } from './features/rule/rules_page';
import { rememberStudy, rememberedStudy, StudySwitcher } from './features/trial/study_switcher';
import { useI18n } from './i18n';
import { alertsAt, formatRoute, navigate, rulesAt, useRoute } from './route';
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
    if (fallback) navigate(alertsAt(fallback.id), 'replace');
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
        {study && (
          <nav className="tabs" aria-label={t.mainMenu}>
            <a
              href={formatRoute(alertsAt(study.id))}
              aria-current={route.place === 'alerts' ? 'page' : undefined}
            >
              {t.alerts}
            </a>
            <a
              href={formatRoute(rulesAt(study.id))}
              aria-current={route.place === 'alerts' ? undefined : 'page'}
            >
              {t.rules.title}
            </a>
          </nav>
        )}
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
        ) : study && route.place === 'alerts' ? (
          <AlertsPage key={study.id} studyId={study.id} alertId={route.alertId} user={me.data} />
        ) : study ? (
          <RulesPage
            key={study.id}
            studyId={study.id}
            ruleId={route.ruleId}
            version={route.version}
            isNew={route.place === 'newRule'}
            user={me.data}
          />
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
