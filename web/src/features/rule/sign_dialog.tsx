// SPDX-License-Identifier: Apache-2.0
// The electronic signature of a rule's version: its meaning and the signer's password.
import { useState, type FormEvent } from 'react';
import type { RuleVersion } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { Dialog } from '../../ui/dialog';
import { ProblemNote } from '../../ui/problem_note';
import { wordsOf } from './rule_groups';

interface Props {
  studyId: string;
  version: RuleVersion;
  signed: (version: RuleVersion) => void;
  close: () => void;
}

export function SignDialog({ studyId, version, signed, close }: Props) {
  const { t, language } = useI18n();
  const { client } = useServices();
  const [meaning, setMeaning] = useState(t.rules.meaningDefault);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const after = await client.post('/api/v1/studies/{studyId}/rules/{ruleId}:sign', {
        path: { studyId, ruleId: version.ruleId },
        body: { version: version.version, meaning: meaning.trim(), password },
        signs: true,
      });
      signed(after);
    } catch (failure) {
      setError(failure);
      setPassword('');
      setBusy(false);
    }
  };
  return (
    <Dialog title={`${version.ruleId} · ${t.rules.version(version.version)}`} close={close}>
      <p>{t.rules.signHint}</p>
      <p className="plain-words">{wordsOf(version, language)}</p>
      <form className="action-form" onSubmit={(event) => void submit(event)}>
        <label>
          {t.rules.meaning}
          <input
            name="meaning"
            required
            maxLength={256}
            value={meaning}
            onChange={(event) => setMeaning(event.target.value)}
          />
        </label>
        <label>
          {t.alert.signWith}
          <input
            name="signature"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <ProblemNote
          error={error}
          names={{ meaning: t.rules.meaning, password: t.alert.signWith }}
        />
        <div className="actions">
          <button type="submit" className="primary" disabled={busy}>
            {busy ? t.alert.working : t.rules.signNow}
          </button>
          <button type="button" onClick={close}>
            {t.alert.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
