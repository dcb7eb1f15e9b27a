// SPDX-License-Identifier: Apache-2.0
// The course of one item of one subject, with the thresholds in force and the alert's point.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Series } from '../../api/types';
import { useI18n } from '../../i18n';
import { formatNumber, linearScale, niceTicks, spread } from '../../ui/scale';
import { severityClass } from '../../ui/severity';
import { formatDateTime } from '../../ui/time';
import { timeTicks } from '../../ui/time_ticks';
import {
  comparisonSigns,
  gravest,
  sideOf,
  thin,
  toPlot,
  type AlertMark,
  type Line,
  type Mark,
  type ValueMark,
} from './series_model';

const kHeight = 264;
const kTop = 14;
const kBottom = 40;
const kLeft = 46;
const kRight = 12;
const kDrawnValues = 800;

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
              <text x={x(tick.time)} y={bottom + 16} textAnchor="middle">
                {tick.label}
              </text>
              <text x={x(tick.time)} y={bottom + 30} textAnchor="middle" className="chart-context">
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
            </>
          )}
        </output>
      </div>
      <Legend
        marked={marked !== undefined}
        alerted={values.some((v) => v.alerted && !v.marked)}
        absent={plot.marks.length > values.length}
        censored={values.some((v) => v.comparator !== '')}
        severity={severity}
      />
    </div>
  );
}

function Band(props: {
  line: Line;
  y: (value: number) => number;
  left: number;
  right: number;
  bottom: number;
}) {
  const side = sideOf(props.line.comparison);
  if (!side) return null;
  const at = props.y(props.line.value);
  const [top, height] = side === 'above' ? [kTop, at - kTop] : [at, props.bottom - at];
  return (
    <rect
      className={`chart-band ${severityClass(props.line.severity)}${props.line.own ? ' own' : ''}`}
      x={props.left}
      width={Math.max(0, props.right - props.left)}
      y={top}
      height={Math.max(0, height)}
    />
  );
}

function ThresholdLines(props: {
  lines: Line[];
  values: ValueMark[];
  x: (time: number) => number;
  y: (value: number) => number;
  right: number;
  bottom: number;
}) {
  const { t } = useI18n();
  const middle = (kLeft + props.right) / 2;
  // A label stands on the side where fewer values are in its way; the alert's own counts most.
  const isLeft = (line: Line) => {
    const at = props.y(line.value) - 9;
    const weight = props.values
      .filter((mark) => Math.abs(props.y(mark.value) - at) < 14)
      .map((mark) => (props.x(mark.time) < middle ? -1 : 1) * (mark.marked ? 1000 : 1))
      .reduce((a, b) => a + b, 0);
    return weight > 0;
  };
  const labels = spread(
    props.lines.map((line) => props.y(line.value) - 5),
    13,
    kTop + 8,
    props.bottom - 4,
  );
  return (
    <>
      {props.lines.map((line, i) => (
        <g
          key={i}
          data-testid="threshold"
          data-value={line.value}
          className={`chart-threshold ${severityClass(line.severity)}${line.own ? ' own' : ''}${line.past ? ' past' : ''}`}
        >
          <line x1={kLeft} x2={props.right} y1={props.y(line.value)} y2={props.y(line.value)} />
          <text
            x={isLeft(line) ? kLeft + 4 : props.right - 4}
            y={labels[i]}
            textAnchor={isLeft(line) ? 'start' : 'end'}
          >
            {comparisonSigns[line.comparison]} {formatNumber(line.value)} · {line.label}
            {line.past ? ` (${t.thresholdThen})` : ''}
          </text>
        </g>
      ))}
    </>
  );
}

function ValueShape(props: {
  mark: ValueMark;
  x: number;
  y: number;
  className: string;
  size: number;
}) {
  const { mark, x, y, size } = props;
  if (mark.comparator === '') {
    return <circle className={props.className} cx={x} cy={y} r={size} />;
  }
  // An arrow towards where the true value lies.
  const to = mark.comparator === '<' ? 1 : -1;
  const s = size + 1;
  return (
    <path
      className={props.className}
      data-testid="censored"
      d={`M${x - s},${y} L${x + s},${y} L${x},${y + to * s * 1.7} Z`}
    />
  );
}

function Legend(props: {
  marked: boolean;
  alerted: boolean;
  absent: boolean;
  censored: boolean;
  severity: string;
}) {
  const { t } = useI18n();
  return (
    <ul className="chart-legend" aria-hidden="true">
      {props.marked && (
        <li>
          <svg width="16" height="16">
            <circle className={`chart-ring ${props.severity}`} cx="8" cy="8" r="6.5" />
            <circle className={`chart-marked ${props.severity}`} cx="8" cy="8" r="3.5" />
          </svg>
          {t.legendThisAlert}
        </li>
      )}
      {props.alerted && (
        <li>
          <svg width="12" height="16">
            <circle className={`chart-alerted ${props.severity}`} cx="6" cy="8" r="3.5" />
          </svg>
          {t.legendAlert}
        </li>
      )}
      <li>
        <svg width="12" height="16">
          <circle className="chart-value" cx="6" cy="8" r="3.5" />
        </svg>
        {t.legendValue}
      </li>
      {props.censored && (
        <li>
          <svg width="12" height="16">
            <path className="chart-value" d="M2,5 L10,5 L6,12 Z" />
          </svg>
          {t.legendCensored}
        </li>
      )}
      {props.absent && (
        <li>
          <svg width="12" height="16">
            <path className="chart-absent" d={cross(6, 8, 3.5)} />
          </svg>
          {t.legendAbsent}
        </li>
      )}
    </ul>
  );
}

export function describe(mark: Mark, unit: string, absent: (reason: string) => string): string {
  if (mark.kind === 'absent') return absent(mark.reason);
  return `${mark.comparator}${mark.comparator ? ' ' : ''}${formatNumber(mark.value)} ${unit}`.trim();
}

function cross(x: number, y: number, size: number): string {
  return `M${x - size},${y - size} l${2 * size},${2 * size} m0,${-2 * size} l${-2 * size},${2 * size}`;
}

function nearest(marks: readonly Mark[], time: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  marks.forEach((mark, i) => {
    const d = Math.abs(mark.time - time);
    if (d < distance) [best, distance] = [i, d];
  });
  return best;
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
