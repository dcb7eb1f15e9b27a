// SPDX-License-Identifier: Apache-2.0
// What is drawn into the chart: threshold bands and lines, values, the legend.
import { useI18n } from '../../i18n';
import { formatNumber, spread } from '../../ui/scale';
import { severityClass } from '../../ui/severity';
import { cross, kLeft, kTop } from './chart_layout';
import { type RangeBand, type ValueMark } from './series_model';
import { comparisonSigns, sideOf, type Line } from './thresholds';

export function Band(props: {
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
/** Where values are normal, as the laboratory said with them. */
export function ReferenceBands(props: {
  ranges: RangeBand[];
  x: (time: number) => number;
  y: (value: number) => number;
  bottom: number;
}) {
  const clamp = (at: number) => Math.min(props.bottom, Math.max(kTop, at));
  return (
    <>
      {props.ranges.map((range, i) => {
        const top = range.high === null ? kTop : clamp(props.y(range.high));
        const end = range.low === null ? props.bottom : clamp(props.y(range.low));
        const left = props.x(range.from);
        return (
          <rect
            key={i}
            className="chart-range"
            data-testid="reference-range"
            x={left}
            width={Math.max(0, props.x(range.to) - left)}
            y={top}
            height={Math.max(0, end - top)}
          />
        );
      })}
    </>
  );
}
/** A value that is no longer valid: hollow, and struck through. */
export function SupersededShape({ x, y }: { x: number; y: number }) {
  return (
    <g className="chart-superseded" data-testid="superseded-point">
      <circle cx={x} cy={y} r={3.5} />
      <path d={`M${x - 6},${y + 6} L${x + 6},${y - 6}`} />
    </g>
  );
}
export function ThresholdLines(props: {
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
export function ValueShape(props: {
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
export function Legend(props: {
  marked: boolean;
  alerted: boolean;
  absent: boolean;
  censored: boolean;
  superseded: boolean;
  range: boolean;
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
      {props.superseded && (
        <li>
          <svg width="16" height="16">
            <SupersededShape x={8} y={8} />
          </svg>
          {t.alert.legendSuperseded}
        </li>
      )}
      {props.range && (
        <li>
          <svg width="16" height="16">
            <rect className="chart-range" width="16" height="10" y="3" />
          </svg>
          {t.alert.legendRange}
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
