// SPDX-License-Identifier: Apache-2.0
// What stands where content would: it loads, there is none, or it failed.
import type { ReactNode } from 'react';
import { useI18n } from '../i18n';
import { explain } from './explain';

export function LoadingState({ text }: { text: string }) {
  return (
    <p className="state" role="status">
      <span className="spinner" aria-hidden="true" /> {text}
    </p>
  );
}

export function EmptyState(props: { title: string; hint: string; children?: ReactNode }) {
  return (
    <div className="state" role="status">
      <h2>{props.title}</h2>
      <p>{props.hint}</p>
      {props.children}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useI18n();
  return (
    <div className="state" role="alert">
      <p>{explain(error, t)}</p>
      <button type="button" onClick={retry}>
        {t.tryAgain}
      </button>
    </div>
  );
}
