// SPDX-License-Identifier: Apache-2.0
import type { ConnectionState } from '../../api/follow';
import { useI18n } from '../../i18n';
import { explain } from '../../ui/explain';

export function ConnectionBadge({ connection }: { connection: ConnectionState }) {
  const { t } = useI18n();
  const hint =
    connection.kind === 'refused'
      ? `${t.connectionHint.refused} ${explain(connection.error, t)}`
      : t.connectionHint[connection.kind];
  return (
    <span className={`connection connection-${connection.kind}`} role="status" title={hint}>
      <span className="dot" aria-hidden="true" />
      {t.connection[connection.kind]}
      {connection.kind === 'refused' && (
        <span className="quiet"> {explain(connection.error, t)}</span>
      )}
    </span>
  );
}
