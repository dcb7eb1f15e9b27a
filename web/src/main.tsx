// SPDX-License-Identifier: Apache-2.0
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiClient } from './api/client';
import { App } from './app';
import { SessionStore } from './features/identity/session';
import { I18nProvider } from './i18n';
import { ServicesContext } from './services';
import './ui/theme.css';
import './ui/page.css';
import './features/monitor/monitor.css';
import './features/monitor/workflow.css';
import './features/rule/rules.css';
import './features/subject/chart.css';

const session = new SessionStore(window.sessionStorage);
const client = new ApiClient({ token: session.token, onSessionEnd: () => session.end('ended') });

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <I18nProvider>
      <ServicesContext.Provider value={{ client, session }}>
        <App />
      </ServicesContext.Provider>
    </I18nProvider>
  </StrictMode>,
);
