// SPDX-License-Identifier: Apache-2.0
// What a person does with an alert: the actions its workflow state allows, each with its reason, and
// a signature where the law asks for one.
import { useId, useState, type FormEvent } from 'react';
import type { Alert } from '../../api/types';
import { ApiError } from '../../api/problem';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { ProblemNote } from '../../ui/problem_note';
import {
  actionsFrom,
  closings,
  needsSignature,
  needsText,
  nextAction,
  type AlertAction,
} from './workflow';

interface Props {
  studyId: string;
  alert: Alert;
  mayAct: boolean;
  /** The alert as the server has it after an action. */
  acted: (alert: Alert) => void;
  /** Somebody else was faster: what is shown must be read again. */
  outdated: () => void;
}

export function AlertActions({ studyId, alert, mayAct, acted, outdated }: Props) {
  const { t } = useI18n();
  const [chosen, setChosen] = useState<AlertAction | null>(null);
  const [said, setSaid] = useState('');
  if (!mayAct) return <p className="quiet">{t.alert.readOnly}</p>;
  const next = nextAction(alert.workflow);
  const order = [next, ...actionsFrom(alert.workflow).filter((action) => action !== next)];
  return (
    <>
      <div className="actions" role="group" aria-label={t.alert.actions}>
        {order.map((action) => (
          <button
            key={action}
            type="button"
            className={action === next && chosen === null ? 'primary' : ''}
            aria-pressed={chosen === action}
            data-action={action}
            onClick={() => {
              setSaid('');
              setChosen(chosen === action ? null : action);
            }}
          >
            {t.alert.actionNames[action]}
          </button>
        ))}
      </div>
      {chosen && (
        <ActionForm
          key={chosen}
          studyId={studyId}
          alert={alert}
          action={chosen}
          cancel={() => setChosen(null)}
          done={(after) => {
            setSaid(t.alert.actionDone(t.alert.changes[chosen]));
            setChosen(null);
            acted(after);
          }}
          outdated={outdated}
        />
      )}
      <p className="said" role="status">
        {said}
      </p>
    </>
  );
}

interface FormProps {
  studyId: string;
  alert: Alert;
  action: AlertAction;
  cancel: () => void;
  done: (alert: Alert) => void;
  outdated: () => void;
}

function ActionForm({ studyId, alert, action, cancel, done, outdated }: FormProps) {
  const { t } = useI18n();
  const { client } = useServices();
  const id = useId();
  const [closeAs, setCloseAs] = useState('');
  const [text, setText] = useState('');
  const [assignee, setAssignee] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [isOld, setIsOld] = useState(false);
  const isSigned = needsSignature(action, alert);
  const isRequired = needsText(action);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setIsOld(false);
    try {
      const after = await client.post('/api/v1/studies/{studyId}/alerts/{alertId}:act', {
        path: { studyId, alertId: alert.alertId },
        body: {
          action,
          closeAs,
          text: text.trim(),
          assignee: assignee.trim(),
          password,
          seen: alert.changeSequence,
        },
        signs: isSigned,
      });
      done(after);
    } catch (failure) {
      setBusy(false);
      setPassword('');
      if (failure instanceof ApiError && failure.status === 409) {
        setIsOld(true);
        outdated();
      } else {
        setError(failure);
      }
    }
  };

  const names = {
    text: t.alert.reason,
    closeAs: t.alert.closeAs,
    assignee: t.alert.assignee,
    password: t.alert.signWith,
  };
  return (
    <form className="action-form" onSubmit={(event) => void submit(event)}>
      <h4>{t.alert.actionNames[action]}</h4>
      {action === 'close' && (
        <label>
          {t.alert.closeAs}
          <select
            name="closeAs"
            required
            autoFocus
            value={closeAs}
            onChange={(event) => setCloseAs(event.target.value)}
          >
            <option value="">{t.alert.chooseOne}</option>
            {closings.map((closing) => (
              <option key={closing} value={closing}>
                {t.alert.closings[closing]}
              </option>
            ))}
          </select>
        </label>
      )}
      {action === 'assign' && (
        <label>
          {t.alert.assignee}
          <input
            name="assignee"
            required
            autoFocus
            maxLength={128}
            autoCapitalize="none"
            spellCheck={false}
            value={assignee}
            onChange={(event) => setAssignee(event.target.value)}
          />
        </label>
      )}
      <label>
        <span>
          {t.alert.reason} {!isRequired && <span className="quiet">({t.alert.optional})</span>}
        </span>
        <textarea
          name="text"
          rows={3}
          maxLength={2000}
          required={isRequired}
          autoFocus={action !== 'close' && action !== 'assign'}
          aria-describedby={`${id}-reason`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <small id={`${id}-reason`} className="quiet">
          {t.alert.reasonHint}
        </small>
      </label>
      {isSigned && (
        <fieldset className="signature">
          <p>{t.alert.signatureLaw}</p>
          {closeAs && (
            <p data-testid="signature-meaning">
              <b>
                {t.alert.signatureMeaning(
                  t.alert.closedAs(t.alert.closings[closeAs as (typeof closings)[number]]),
                )}
              </b>
            </p>
          )}
          <label>
            {t.alert.signWith}
            <input
              name="signature"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
        </fieldset>
      )}
      {isOld && (
        <p className="notice notice-error" role="alert">
          {t.alert.changedMeanwhile}
        </p>
      )}
      <ProblemNote error={error} names={names} />
      <div className="actions">
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.alert.working : isSigned ? t.alert.signAndClose : t.alert.confirm}
        </button>
        <button type="button" onClick={cancel}>
          {t.alert.cancel}
        </button>
      </div>
    </form>
  );
}
