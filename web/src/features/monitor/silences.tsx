// SPDX-License-Identifier: Apache-2.0
// What is silenced, and the dialog to make or end a silence.
import { useState, type FormEvent } from 'react';
import type { Silence } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { Dialog } from '../../ui/dialog';
import { ProblemNote } from '../../ui/problem_note';
import { ErrorState, LoadingState } from '../../ui/states';
import { formatDateTime, fromMicros } from '../../ui/time';
import { useLoad } from '../../ui/use_load';

interface Props {
  studyId: string;
  ruleNames: ReadonlyMap<string, string>;
  sites: string[];
  maySilence: boolean;
}

export function SilencesButton(props: Props) {
  const { t } = useI18n();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        {t.alert.silences}
      </button>
      {isOpen && (
        <Dialog title={t.alert.silences} close={() => setIsOpen(false)}>
          <Silences {...props} />
        </Dialog>
      )}
    </>
  );
}

function Silences({ studyId, ruleNames, sites, maySilence }: Props) {
  const { t } = useI18n();
  const { client } = useServices();
  const [error, setError] = useState<unknown>(null);
  const silences = useLoad(
    (signal) => client.get('/api/v1/studies/{studyId}/silences', { path: { studyId }, signal }),
    [client, studyId],
  );
  const end = (silenceId: string) => {
    setError(null);
    client
      .post('/api/v1/studies/{studyId}/silences/{silenceId}:end', {
        path: { studyId, silenceId },
        body: {},
      })
      .then(silences.reload, setError);
  };
  const now = Date.now();
  return (
    <>
      <p className="quiet">{t.alert.silencesHint}</p>
      {silences.error ? (
        <ErrorState error={silences.error} retry={silences.reload} />
      ) : !silences.data ? (
        <LoadingState text={t.loading} />
      ) : silences.data.silences.length === 0 ? (
        <p>{t.alert.noSilences}</p>
      ) : (
        <ul className="silence-list">
          {silences.data.silences.map((silence) => (
            <li key={silence.id}>
              <div>
                <b>{scopeOf(silence, ruleNames, t.alert.everything)}</b>
                <p>{silence.reason}</p>
                <span className="quiet">
                  {silence.endedAt
                    ? t.alert.ended(formatDateTime(fromMicros(silence.endedAt)))
                    : t.alert.silencedUntil(formatDateTime(fromMicros(silence.until)))}{' '}
                  · {t.alert.silencedBy(silence.createdBy)}
                </span>
              </div>
              {maySilence && !silence.endedAt && fromMicros(silence.until) > now && (
                <button type="button" onClick={() => end(silence.id)}>
                  {t.alert.endSilence}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <ProblemNote error={error} />
      {maySilence && (
        <SilenceForm studyId={studyId} ruleNames={ruleNames} sites={sites} made={silences.reload} />
      )}
    </>
  );
}

function scopeOf(
  silence: Silence,
  ruleNames: ReadonlyMap<string, string>,
  everything: string,
): string {
  const parts = [
    silence.ruleId && (ruleNames.get(silence.ruleId) ?? silence.ruleId),
    silence.siteId,
    silence.subjectNumber,
  ].filter((part) => part !== '');
  return parts.join(' · ') || everything;
}

const kHours = [4, 24, 72, 7 * 24, 30 * 24 - 1];

interface FormProps {
  studyId: string;
  ruleNames: ReadonlyMap<string, string>;
  sites: string[];
  made: () => void;
}

function SilenceForm({ studyId, ruleNames, sites, made }: FormProps) {
  const { t } = useI18n();
  const { client } = useServices();
  const [ruleId, setRuleId] = useState('');
  const [siteId, setSiteId] = useState('');
  const [subjectNumber, setSubjectNumber] = useState('');
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await client.post('/api/v1/studies/{studyId}/silences', {
        path: { studyId },
        body: {
          ruleId,
          siteId,
          subjectNumber: subjectNumber.trim(),
          until: (Date.now() + hours * 3_600_000) * 1000,
          reason: reason.trim(),
          password,
        },
        signs: true,
      });
      setReason('');
      setSubjectNumber('');
      made();
    } catch (failure) {
      setError(failure);
    }
    setPassword('');
    setBusy(false);
  };

  const names = {
    ruleId: t.rule,
    siteId: t.site,
    subjectNumber: t.alert.subjectNumber,
    until: t.alert.until,
    reason: t.alert.reason,
    password: t.alert.signWith,
  };
  return (
    <form className="action-form" onSubmit={(event) => void submit(event)}>
      <h4>{t.alert.newSilence}</h4>
      <div className="form-row">
        <label>
          {t.rule}
          <select name="silenceRule" value={ruleId} onChange={(e) => setRuleId(e.target.value)}>
            <option value="">{t.all}</option>
            {[...ruleNames].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.site}
          <select name="silenceSite" value={siteId} onChange={(e) => setSiteId(e.target.value)}>
            <option value="">{t.all}</option>
            {sites.map((site) => (
              <option key={site} value={site}>
                {site}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.alert.subjectNumber}
          <input
            name="silenceSubject"
            maxLength={64}
            value={subjectNumber}
            onChange={(e) => setSubjectNumber(e.target.value)}
          />
        </label>
        <label>
          {t.alert.until}
          <select
            name="silenceHours"
            value={hours}
            onChange={(e) => setHours(Number(e.target.value))}
          >
            {kHours.map((each) => (
              <option key={each} value={each}>
                {each < 48 ? t.alert.forHours(each) : t.alert.forDays(Math.ceil(each / 24))}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label>
        {t.alert.reason}
        <input
          name="silenceReason"
          required
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
        />
      </label>
      <label>
        {t.alert.signWith}
        <input
          name="silencePassword"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
      </label>
      <ProblemNote error={error} names={names} />
      <div className="actions">
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.alert.working : t.alert.createSilence}
        </button>
      </div>
    </form>
  );
}
