// SPDX-License-Identifier: Apache-2.0
// What the compiler says of the text: its messages, the rule in plain words, facts and tests.
import type { CheckedRule } from '../../api/types';
import { useI18n } from '../../i18n';
import { ProblemNote } from '../../ui/problem_note';
import { formatDuration } from '../../ui/time';
import type { PlacedDiagnostic } from './diagnostics';
import { wordsOf } from './rule_groups';
import type { Check } from './use_check';

interface Props {
  id: string;
  check: Check;
  diagnostics: readonly PlacedDiagnostic[];
  jump: (diagnostic: PlacedDiagnostic) => void;
}

export function CheckResult({ id, check, diagnostics, jump }: Props) {
  const { t } = useI18n();
  const errors = diagnostics.filter((one) => one.isError).length;
  const warnings = diagnostics.length - errors;
  const hasFailed = check.result?.rules.some((rule) => rule.tests.some((test) => !test.passed));
  const verdict =
    check.result === null
      ? ''
      : errors > 0
        ? t.rules.mistakes(errors)
        : warnings > 0
          ? t.rules.checkedWarnings(warnings)
          : t.rules.checkedOk;
  return (
    <div className="check-result">
      <p
        id={id}
        role="status"
        data-testid="check-verdict"
        className={errors > 0 || hasFailed ? 'verdict-line is-error' : 'verdict-line'}
      >
        {check.isBusy
          ? t.rules.checking
          : hasFailed
            ? `${verdict} · ${t.rules.testsFailed}`
            : verdict}
      </p>
      <ProblemNote error={check.error} />
      {diagnostics.length > 0 && (
        <ul className="diagnostics">
          {diagnostics.map((one, i) => (
            <li key={i} className={one.isError ? 'error' : 'warning'}>
              <button type="button" onClick={() => jump(one)}>
                <b>{one.isError ? t.rules.error : t.rules.warning}</b>{' '}
                <span className="quiet">{t.rules.at(one.line, one.column)}</span>
                <span className="diagnostic-message">
                  {one.message}
                  {one.suggestion && <>; {one.suggestion}</>}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {check.result?.rules.map((rule) => (
        <CheckedFacts key={rule.ruleId} rule={rule} />
      ))}
    </div>
  );
}

function CheckedFacts({ rule }: { rule: CheckedRule }) {
  const { t, language } = useI18n();
  return (
    <>
      <p className="plain-words" data-testid="plain-words">
        <span className="quiet">{t.alert.plainWords}</span>
        {wordsOf(rule, language)}
      </p>
      <dl className="facts" aria-label={t.rules.facts}>
        <div>
          <dt>{t.rules.items}</dt>
          <dd>{rule.items.join(', ') || '–'}</dd>
        </div>
        <div>
          <dt>{t.rules.lookBack}</dt>
          <dd>
            {rule.lookBackSeconds > 0
              ? formatDuration(rule.lookBackSeconds * 1000)
              : t.rules.lookBackNone}
          </dd>
        </div>
        <div>
          <dt>{t.rules.cost}</dt>
          <dd>{rule.cost.toLocaleString(language)}</dd>
        </div>
      </dl>
      {rule.unblinding && <p className="notice banner">{t.rules.unblindingHint}</p>}
      <h4>{t.rules.tests}</h4>
      {rule.tests.length === 0 ? (
        <p className="quiet">{t.rules.noTests}</p>
      ) : (
        <ul className="test-list">
          {rule.tests.map((test, i) => (
            <li key={i} className={test.passed ? 'passed' : 'failed'}>
              <b>
                {test.passed ? '✓' : '✗'} {test.passed ? t.rules.passed : t.rules.failed}
              </b>{' '}
              {test.name}
              {test.message && <p className="quiet">{test.message}</p>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
