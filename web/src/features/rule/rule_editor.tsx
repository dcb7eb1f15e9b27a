// SPDX-License-Identifier: Apache-2.0
// Writing a rule: a form for the simplest conditions, the text, what the compiler says of it, a
// trial on the recorded data, and saving it as a draft.
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Item, RuleVersion } from '../../api/types';
import { useI18n } from '../../i18n';
import { useServices } from '../../services';
import { ProblemNote } from '../../ui/problem_note';
import { BacktestStatus } from './backtest_view';
import { BuilderForm } from './builder_form';
import { CheckResult } from './check_result';
import { CodeArea, type CodeAreaHandle } from './code_area';
import { offsetOf, placeAll, type PlacedDiagnostic } from './diagnostics';
import { readField } from './envelope_text';
import { templateText, type TemplateName } from './templates';
import { isUnderWay, useBacktest } from './use_backtest';
import { useCheck } from './use_check';

interface Props {
  studyId: string;
  items: readonly Item[];
  /** The version the next one is written from; null for a new rule. */
  base: RuleVersion | null;
  nextVersion: number;
  saved: (version: RuleVersion) => void;
  cancel: () => void;
}

const kTemplates: readonly TemplateName[] = ['threshold', 'trend', 'hysLaw'];

export function RuleEditor({ studyId, items, base, nextVersion, saved, cancel }: Props) {
  const { t } = useI18n();
  const { client } = useServices();
  const start = useMemo(() => base?.definition ?? templateText('threshold', items), [base, items]);
  const [text, setText] = useState(start);
  const [template, setTemplate] = useState(start);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const check = useCheck(studyId, text);
  const backtest = useBacktest(studyId, '');
  const [tried, setTried] = useState('');
  const area = useRef<CodeAreaHandle>(null);
  const verdictId = useId();
  const diagnostics = useMemo(
    () =>
      check.text === null || check.result === null
        ? []
        : placeAll(check.text, check.result.diagnostics),
    [check.text, check.result],
  );
  const hasErrors = diagnostics.some((one) => one.isError);
  const isClean = !check.isBusy && check.result !== null && !hasErrors;
  const isChanged = text !== template;

  useEffect(() => {
    if (!isChanged) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isChanged]);

  const jump = (diagnostic: PlacedDiagnostic) => {
    const from = offsetOf(text, diagnostic);
    area.current?.select(from, Math.min(text.length, from + diagnostic.length));
  };
  const take = (name: TemplateName) => {
    if (isChanged && !window.confirm(t.rules.replaceText)) return;
    const next = templateText(name, items);
    setText(next);
    setTemplate(next);
  };
  const save = () => {
    setBusy(true);
    setError(null);
    const ruleId = base?.ruleId ?? readField(text, 'rule') ?? '';
    client
      .post('/api/v1/studies/{studyId}/rules', {
        path: { studyId },
        body: { ruleId, envelope: text },
      })
      .then(saved, setError)
      .finally(() => setBusy(false));
  };

  return (
    <div className="rule-editor">
      {!base && (
        <div className="template-row" role="group" aria-label={t.rules.template}>
          <span className="quiet">{t.rules.template}</span>
          {kTemplates.map((name) => (
            <button key={name} type="button" onClick={() => take(name)}>
              {t.rules.templates[name]}
            </button>
          ))}
        </div>
      )}
      <BuilderForm text={text} change={setText} items={items} />
      <div className="editor-columns">
        <div>
          <CodeArea
            ref={area}
            value={text}
            change={setText}
            label={t.rules.editor}
            describedBy={verdictId}
            diagnostics={check.isBusy ? [] : diagnostics}
          />
          <p className="quiet">{t.rules.editorHelp}</p>
        </div>
        <CheckResult id={verdictId} check={check} diagnostics={diagnostics} jump={jump} />
      </div>
      <ProblemNote error={error} names={{ envelope: t.rules.editor, ruleId: t.rule }} />
      <div className="actions">
        <button type="button" className="primary" disabled={!isClean || busy} onClick={save}>
          {busy ? t.alert.working : base ? t.rules.saveAs(nextVersion) : t.rules.save}
        </button>
        <button
          type="button"
          disabled={!isClean || backtest.isStarting || isUnderWay(backtest.backtest)}
          onClick={() => {
            setTried(text);
            backtest.start({ envelope: text, mode: '' });
          }}
        >
          {t.rules.backtestDraft}
        </button>
        <button
          type="button"
          onClick={() => {
            if (!isChanged || window.confirm(t.rules.leave)) cancel();
          }}
        >
          {t.alert.cancel}
        </button>
      </div>
      {backtest.backtest && tried !== text && (
        <p className="notice" role="status">
          {t.rules.backtestOld}
        </p>
      )}
      <BacktestStatus run={backtest} />
    </div>
  );
}
