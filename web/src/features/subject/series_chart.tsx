// SPDX-License-Identifier: Apache-2.0
// The course of one item of one subject, with the thresholds in force and the alert's point.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Series } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatNumber, linearScale, niceTicks } from '../../ui/scale';
import { severityClass } from '../../ui/severity';
import { formatDateTime } from '../../ui/time';
import { timeTicks } from '../../ui/time_ticks';
import { cross, describe, kBottom, kHeight, kLeft, kRight, kTop, nearest } from './chart_layout';
import {
  Band,
  Legend,
  ReferenceBands,
  SupersededShape,
  ThresholdLines,
  ValueShape,
} from './chart_marks';
import { thin, toPlot, type ValueMark } from './series_model';
import { gravest, type AlertMark } from './thresholds';

const kDrawnValues = 800;
const kLabelHalf = 26;

interface Props {
  series: Series;
  alert: AlertMark | null;
  /** Hours around the alert; null for everything. */
  hours: number | null;
}

export function SeriesChart({ series, alert, hours }: Props) {
  const { t, language } = useI18n();
  const [frame, width] = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const plot = useMemo(() => toPlot(series, alert, hours), [series, alert, hours]);
  useEffect(() => setActive(null), [plot]);

  const bottom = kHeight - kBottom;
  const wantedRows = 5;
  const rows = niceTicks(plot.low, plot.high, wantedRows);
  const low = Math.min(plot.low, rows[0] ?? plot.low);
  const high = Math.max(plot.high, rows[rows.length - 1] ?? plot.high);
  const x = linearScale(plot.from, plot.to, kLeft, width - kRight);
  const y = linearScale(low, high, bottom, kTop);
  const ticks = timeTicks(plot.from, plot.to, Math.max(2, (width - kLeft) / 84), language);

  // Near the right edge a label gives way, so that it is not cut.
  const labelX = (time: number) => Math.min(x(time), width - kLabelHalf);

  const values = plot.marks.filter((mark): mark is ValueMark => mark.kind === 'value');
  const marked = values.find((mark) => mark.marked);
  const severity = severityClass(alert?.severity);
  const dense = values.length > 160;
  const current = active === null ? undefined : plot.marks[active];

  const moveTo = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setActive(nearest(plot.marks, x.invert(event.clientX - box.left)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = plot.marks.length - 1;
    const start = marked ? plot.marks.indexOf(marked) : last;
    const moves: Record<string, number> = {
      ArrowLeft: active === null ? start : Math.max(0, active - 1),
      ArrowRight: active === null ? start : Math.min(last, active + 1),
      Home: 0,
      End: last,
    };
    const next = moves[event.key];
    if (event.key === 'Escape' && active !== null) {
      event.stopPropagation();
      setActive(null);
    } else if (next !== undefined && last >= 0) {
      event.preventDefault();
      setActive(next);
    }
  };

  return (
    <div className="chart" ref={frame}>
      <div
        className="chart-focus"
        role="application"
        tabIndex={0}
        aria-label={`${t.chartSummary(
          series.item,
          values.length,
          values.filter((v) => v.alerted).length,
        )} ${t.chartHelp}`}
        onKeyDown={onKeyDown}
        onBlur={() => setActive(null)}
      >
        <svg
          width={width}
          height={kHeight}
          aria-hidden="true"
          onPointerMove={moveTo}
          onPointerDown={moveTo}
          onPointerLeave={() => setActive(null)}
        >
          <ReferenceBands ranges={plot.ranges} x={x} y={y} bottom={bottom} />
          {plot.lines.map((line, i) => (
            <Band key={i} line={line} y={y} left={kLeft} right={width - kRight} bottom={bottom} />
          ))}
          {rows.map((row) => (
            <g key={row} className="chart-row">
              <line x1={kLeft} x2={width - kRight} y1={y(row)} y2={y(row)} />
              <text x={kLeft - 8} y={y(row)} dy="0.32em" textAnchor="end">
                {formatNumber(row)}
              </text>
            </g>
          ))}
          {ticks.map((tick) => (
            <g key={tick.time} className="chart-tick">
              <line x1={x(tick.time)} x2={x(tick.time)} y1={bottom} y2={bottom + 4} />
              <text x={labelX(tick.time)} y={bottom + 16} textAnchor="middle">
                {tick.label}
              </text>
              <text
                x={labelX(tick.time)}
                y={bottom + 30}
                textAnchor="middle"
                className="chart-context"
              >
                {tick.context}
              </text>
            </g>
          ))}
          {marked && (
            <line
              className={`chart-guide ${severity}`}
              x1={x(marked.time)}
              x2={x(marked.time)}
              y1={kTop}
              y2={bottom}
            />
          )}
          {plot.segments.map((run) => (
            <polyline
              key={run[0]?.eventId}
              className="chart-run"
              points={thin(run, kDrawnValues)
                .map((m) => `${x(m.time).toFixed(1)},${y(m.value).toFixed(1)}`)
                .join(' ')}
            />
          ))}
          <ThresholdLines
            lines={plot.lines}
            values={values}
            x={x}
            y={y}
            right={width - kRight}
            bottom={bottom}
          />
          {plot.marks.map((mark) =>
            mark.kind === 'absent' ? (
              <path
                key={mark.eventId}
                className="chart-absent"
                d={cross(x(mark.time), bottom - 6, 3.5)}
              />
            ) : mark.superseded && !mark.marked ? (
              <SupersededShape key={mark.eventId} x={x(mark.time)} y={y(mark.value)} />
            ) : mark.marked || (dense && !mark.alerted && !mark.comparator) ? null : (
              <ValueShape
                key={mark.eventId}
                mark={mark}
                x={x(mark.time)}
                y={y(mark.value)}
                className={
                  mark.alerted
                    ? `chart-alerted ${severityClass(gravest(mark.value, plot.lines))}`
                    : 'chart-value'
                }
                size={dense ? 2.5 : 3.5}
              />
            ),
          )}
          {marked && (
            <g data-testid="marked-point" data-value={marked.value}>
              <circle
                className={`chart-ring ${severity}`}
                cx={x(marked.time)}
                cy={y(marked.value)}
                r={9}
              />
              <ValueShape
                mark={marked}
                x={x(marked.time)}
                y={y(marked.value)}
                className={`chart-marked ${severity}`}
                size={5}
              />
              {marked.superseded && <SupersededShape x={x(marked.time)} y={y(marked.value)} />}
            </g>
          )}
          {current && (
            <g className="chart-cursor">
              <line x1={x(current.time)} x2={x(current.time)} y1={kTop} y2={bottom} />
              {current.kind === 'value' && (
                <circle cx={x(current.time)} cy={y(current.value)} r={6.5} />
              )}
            </g>
          )}
        </svg>
        <output className="chart-tip" ref={place(current && x(current.time), width)}>
          {current && (
            <>
              <b>{describe(current, series.unit, t.absent)}</b>
              <span>{formatDateTime(current.time, true)}</span>
              {current.superseded && <span>{t.alert.supersededNote}</span>}
            </>
          )}
        </output>
      </div>
      <Legend
        marked={marked !== undefined}
        alerted={values.some((v) => v.alerted && !v.marked)}
        absent={plot.marks.length > values.length}
        censored={values.some((v) => v.comparator !== '')}
        superseded={values.some((v) => v.superseded)}
        range={plot.ranges.length > 0}
        severity={severity}
      />
    </div>
  );
}
/** Puts the tip beside the cursor, on the side with more room. */
function place(x: number | undefined, width: number) {
  return (element: HTMLElement | null) => {
    if (!element || x === undefined) return;
    const right = x > width / 2;
    element.style.left = right ? 'auto' : `${x + 10}px`;
    element.style.right = right ? `${width - x + 10}px` : 'auto';
  };
}

function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(480);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(220, Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}
