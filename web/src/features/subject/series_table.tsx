// SPDX-License-Identifier: Apache-2.0
// The chart's values as a table: for screen readers, and for reading exact numbers.
import { useState } from 'react';
import type { Series } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatDateTime } from '../../ui/time';
import { describe } from './chart_layout';
import { toMark } from './series_model';
import { type AlertMark } from './thresholds';

/** Newest values shown; a longer table helps nobody. */
const kMostRows = 500;

export function SeriesTable({ series, alert }: { series: Series; alert: AlertMark | null }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <details className="series-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.showTable}</summary>
      {open && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.time}</th>
              <th scope="col">{t.value}</th>
              <th scope="col">{t.alerts}</th>
            </tr>
          </thead>
          <tbody>
            {series.points
              .slice(-kMostRows)
              .reverse()
              .map((point) => {
                const mark = toMark(point, alert);
                const value = mark.kind === 'value' ? mark : null;
                return (
                  <tr key={mark.eventId} className={value?.marked ? 'is-selected' : ''}>
                    <td>{formatDateTime(mark.time, true)}</td>
                    <td>
                      {mark.superseded ? (
                        <>
                          <del>{describe(mark, series.unit, t.absent)}</del>{' '}
                          <span className="quiet">{t.alert.legendSuperseded}</span>
                        </>
                      ) : (
                        describe(mark, series.unit, t.absent)
                      )}
                    </td>
                    <td>
                      {value?.marked ? t.legendThisAlert : value?.alerted ? t.legendAlert : ''}
                    </td>
                  </tr>
                );
              })}
          </tbody>
        </table>
      )}
    </details>
  );
}
