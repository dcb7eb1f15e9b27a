// SPDX-License-Identifier: Apache-2.0
// Asks once more before a rule goes to work or ends, and shows what the server says against it.
import { useState } from 'react';
import { useI18n } from '../../i18n';
import { Dialog } from '../../ui/dialog';
import { ProblemNote } from '../../ui/problem_note';

interface Props {
  title: string;
  hint: string;
  confirm: string;
  act: () => Promise<void>;
  close: () => void;
}

export function ConfirmDialog({ title, hint, confirm, act, close }: Props) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const go = () => {
    setBusy(true);
    setError(null);
    act().catch((failure: unknown) => {
      setError(failure);
      setBusy(false);
    });
  };
  return (
    <Dialog title={title} close={close}>
      <p>{hint}</p>
      <ProblemNote error={error} />
      <div className="actions">
        <button type="button" className="primary" disabled={busy} onClick={go}>
          {busy ? t.alert.working : confirm}
        </button>
        <button type="button" onClick={close}>
          {t.alert.cancel}
        </button>
      </div>
    </Dialog>
  );
}
