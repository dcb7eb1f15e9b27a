// SPDX-License-Identifier: Apache-2.0
// What the page's parts share, built once in main.tsx.
import { createContext, useContext } from 'react';
import type { ApiClient } from './api/client';
import type { SessionStore } from './features/identity/session';

export interface Services {
  client: ApiClient;
  session: SessionStore;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('useServices outside of ServicesContext');
  return services;
}
