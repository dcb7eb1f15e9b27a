// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../../i18n';
import { knownStatus } from './rule_groups';

export function StatusBadge({ status }: { status: string }) {
  const { t } = useI18n();
  const known = knownStatus(status);
  return (
    <span className={`badge status-${known}`} data-testid="rule-status" data-value={known}>
      {t.rules.statuses[known]}
    </span>
  );
}

export function UnblindingMark() {
  const { t } = useI18n();
  return (
    <span className="mark mark-strong" title={t.rules.unblindingHint}>
      {t.rules.unblinding}
    </span>
  );
}
