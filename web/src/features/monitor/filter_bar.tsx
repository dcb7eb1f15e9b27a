// SPDX-License-Identifier: Apache-2.0
import { useI18n } from '../../i18n';
import { severityOrder } from '../../ui/severity';
import { isFiltered, noFilter, type Filter } from './alert_list';
import { detections, workflows } from './workflow';

interface Props {
  filter: Filter;
  setFilter: (filter: Filter) => void;
  ruleNames: ReadonlyMap<string, string>;
  sites: string[];
}

export function FilterBar({ filter, setFilter, ruleNames, sites }: Props) {
  const { t } = useI18n();
  const active = isFiltered(filter);
  const rules = [...ruleNames].sort(([, a], [, b]) => a.localeCompare(b));
  const siteList = [...sites].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return (
    <div className="filters" role="group" aria-label={t.filters}>
      <div className="segments" role="group" aria-label={t.severity}>
        <button
          type="button"
          aria-pressed={filter.severity === ''}
          onClick={() => setFilter({ ...filter, severity: '' })}
        >
          {t.all}
        </button>
        {severityOrder.map((severity) => (
          <button
            key={severity}
            type="button"
            aria-pressed={filter.severity === severity}
            onClick={() => setFilter({ ...filter, severity })}
          >
            {t.severityNames[severity]}
          </button>
        ))}
      </div>
      <label>
        <span>{t.alert.detection}</span>
        <select
          name="detection"
          value={filter.detection}
          onChange={(event) =>
            setFilter({ ...filter, detection: event.target.value as Filter['detection'] })
          }
        >
          <option value="">{t.all}</option>
          {detections.map((one) => (
            <option key={one} value={one}>
              {t.alert.detectionNames[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t.alert.workflow}</span>
        <select
          name="workflow"
          value={filter.workflow}
          onChange={(event) =>
            setFilter({ ...filter, workflow: event.target.value as Filter['workflow'] })
          }
        >
          <option value="">{t.all}</option>
          <option value="open">{t.alert.anyOpen}</option>
          {workflows.map((one) => (
            <option key={one} value={one}>
              {t.alert.workflowNames[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t.rule}</span>
        <select
          name="rule"
          value={filter.ruleId}
          onChange={(event) => setFilter({ ...filter, ruleId: event.target.value })}
        >
          <option value="">{t.all}</option>
          {rules.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t.site}</span>
        <select
          name="site"
          value={filter.siteId}
          onChange={(event) => setFilter({ ...filter, siteId: event.target.value })}
        >
          <option value="">{t.all}</option>
          {siteList.map((site) => (
            <option key={site} value={site}>
              {site}
            </option>
          ))}
        </select>
      </label>
      {active && (
        <button type="button" className="plain" onClick={() => setFilter(noFilter)}>
          {t.clearFilters}
        </button>
      )}
    </div>
  );
}
