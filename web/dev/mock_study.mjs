// SPDX-License-Identifier: Apache-2.0
// The made-up study of the mock server: subjects, values, rules, and the alerts they raise.
import { createHash, randomUUID } from 'node:crypto';

export const kMinute = 60e6;
const kDay = 1440 * kMinute;
export const micros = () => Date.now() * 1000;

export const conditionOf = (item, comparison, threshold) =>
  `${item === 'ALT' ? 'lab' : 'vs'}.${item}.value ${comparison === 'GREATER_THAN' ? '>' : '>='} ${threshold.toFixed(1)}`;

const rule = (ruleId, name, item, comparison, threshold, unit, severity) => ({
  id: randomUUID(),
  studyId: 'SIM-01',
  ruleId,
  version: 1,
  name,
  nameZh: '',
  item,
  comparison,
  threshold,
  unit,
  severity,
  status: 'active',
  plainWords: `${item} is ${comparison === 'GREATER_THAN' ? 'above' : 'at least'} ${threshold} ${unit}`,
  plainWordsZh: `${item} ${comparison === 'GREATER_THAN' ? '高于' : '不低于'} ${threshold} ${unit}`,
  definition: `rule: ${ruleId}\ntitle: "${name}"\nwhen: ${conditionOf(item, comparison, threshold)}\nseverity: ${severity.toLowerCase()}\n`,
  items: [item],
  unblinding: false,
  tests: 2,
  testsPassed: true,
  backtestId: '',
  signatures: [],
  scope: 'subject',
  contentHash: createHash('sha256').update(ruleId).digest('hex'),
  createdBy: 'u-lead',
  createdAt: 0,
  activeFrom: 1,
  activeUntil: 0,
});
export const rules = [
  rule(
    'VS-SYSBP-HIGH',
    'Systolic pressure above 140',
    'SYSBP',
    'GREATER_THAN',
    140,
    'mmHg',
    'WARNING',
  ),
  rule(
    'VS-SYSBP-CRISIS',
    'Hypertensive crisis',
    'SYSBP',
    'GREATER_OR_EQUAL',
    180,
    'mmHg',
    'CRITICAL',
  ),
  rule('VS-PULSE-HIGH', 'Tachycardia', 'PULSE', 'GREATER_THAN', 120, 'beats/min', 'WARNING'),
  rule(
    'LB-ALT-HIGH',
    'ALT above 3 times the upper limit of normal',
    'ALT',
    'GREATER_THAN',
    120,
    'U/L',
    'CRITICAL',
  ),
  rule('VS-TEMP-HIGH', 'Fever', 'TEMP', 'GREATER_OR_EQUAL', 38, '°C', 'INFO'),
];
export const items = {
  SYSBP: { unit: 'mmHg', mean: 128, spread: 9 },
  PULSE: { unit: 'beats/min', mean: 74, spread: 9 },
  ALT: { unit: 'U/L', mean: 38, spread: 12 },
  TEMP: { unit: '°C', mean: 36.8, spread: 0.3 },
};
const names = ['张*', '李**', '王**', 'A*** M*****', '陈*', 'J*** D**'];
export const subjects = Array.from({ length: 24 }, (_, i) => ({
  id: `s-${i + 1}`,
  siteId: String(701 + (i % 5)),
  number: `${701 + (i % 5)}-${1001 + i}`,
  name: names[i % names.length],
}));

let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const normal = () => random() + random() + random() + random() - 2;
export const points = new Map();
export const alerts = [];
export const watchers = new Set();
export const totals = { events: 0 };
export const changes = { last: 0, next: () => (changes.last += 1) };

const changeOf = (alert, change, at, over = {}) => ({
  sequence: alert.changeSequence,
  change,
  at,
  recordedAt: micros(),
  by: '',
  reason: '',
  text: '',
  causeEventId: '',
  causeVersion: 0,
  late: false,
  successorId: '',
  detection: alert.detection,
  workflow: alert.workflow,
  signatureMeaning: '',
  signedBy: '',
  ...over,
});

/** Changes an alert, remembers it, and tells who listens. */
export function change(entry, name, fields, over = {}) {
  const { alert } = entry;
  Object.assign(alert, fields, { change: name, changeSequence: changes.next() });
  alert.conditionNoLongerMet =
    /resolved|retracted/.test(alert.detection) && !/new|closed/.test(alert.workflow);
  entry.history.push(changeOf(alert, name, micros(), over));
  for (const watcher of watchers) watcher(alert);
}

/** A later version of the point that raised it says that there was nothing: the alert is retracted. */
export function correct(entry) {
  const key = `${entry.alert.patientId}/${entry.alert.item}`;
  entry.point.superseded = true;
  const number = Number((items[entry.alert.item].mean + 1).toFixed(1));
  const point = { ...entry.point, eventId: randomUUID(), number, version: 2, superseded: false };
  points.set(key, [...points.get(key), { ...point, alertIds: [] }]);
  entry.correctedBy = point.eventId;
  change(
    entry,
    'retracted',
    { detection: 'retracted' },
    { causeEventId: point.eventId, causeVersion: 2 },
  );
}

function compare(value, { comparison, threshold }) {
  if (comparison === 'GREATER_THAN') return value > threshold;
  return comparison === 'GREATER_OR_EQUAL' && value >= threshold;
}
export function record(
  subject,
  item,
  time,
  { number, comparator = '', absentReason = '', source = 'edc' },
  raisedAt,
) {
  const point = {
    eventId: randomUUID(),
    time,
    comparator,
    absentReason,
    alertIds: [],
    version: 1,
    superseded: false,
    ...(item === 'ALT' ? { rangeLow: 6, rangeHigh: 40 } : {}),
  };
  if (number !== undefined) point.number = number;
  const key = `${subject.id}/${item}`;
  points.set(
    key,
    [...(points.get(key) ?? []), point].sort((a, b) => a.time - b.time),
  );
  totals.events += 1;
  let raised = 0;
  for (const r of rules) {
    if (r.item !== item || number === undefined || !compare(number, r)) continue;
    const alert = {
      alertId: randomUUID(),
      ruleName: r.name,
      patientId: subject.id,
      message: `${item} ${number} ${r.unit} meets "${r.name}"`,
      messageZh: `${item} ${number} ${r.unit}，符合「${r.name}」`,
      ruleNameZh: '',
      scope: 'subject',
      change: 'raised',
      detection: 'firing',
      workflow: 'new',
      closedAs: '',
      assignee: '',
      late: false,
      resolvedAt: 0,
      successorId: '',
      silencedUntil: 0,
      inhibitedBy: '',
      conditionNoLongerMet: false,
      dueAt: r.severity === 'CRITICAL' ? raisedAt + 1440 * kMinute : 0,
      observations: 1,
      timestamp: Math.floor(raisedAt / 1e6),
      ruleId: r.ruleId,
      ruleVersion: 1,
      severity: r.severity,
      subjectNumber: subject.number,
      subjectName: subject.name,
      siteId: subject.siteId,
      item,
      eventTime: time,
      raisedAt,
      sequence: alerts.length + 1,
      changeSequence: changes.next(),
    };
    point.alertIds.push(alert.alertId);
    const entry = { alert, rule: r, point, source, history: [] };
    entry.history.push(changeOf(alert, 'raised', raisedAt));
    alerts.push(entry);
    raised += 1;
    for (const watcher of watchers) watcher(alert);
  }
  return raised;
}
for (const subject of subjects) {
  for (const [item, { mean, spread }] of Object.entries(items)) {
    for (let day = 60; day > 0; day -= item === 'ALT' ? 14 : 3) {
      const time = micros() - day * kDay + random() * 8 * 60 * kMinute;
      const trouble = random() < 0.03 ? spread * 4 : 0;
      const number = Number((mean + normal() * spread * 1.6 + trouble).toFixed(1));
      const odd = random();
      record(
        subject,
        item,
        time,
        odd < 0.06
          ? { absentReason: 'NOT DONE' }
          : item === 'ALT' && odd < 0.2
            ? { number: 5, comparator: '<' }
            : { number },
        time + 2 * kMinute + random() * kMinute,
      );
    }
  }
}
alerts
  .sort((a, b) => a.alert.raisedAt - b.alert.raisedAt)
  .forEach((a, i) => (a.alert.sequence = i + 1));
