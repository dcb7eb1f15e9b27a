// SPDX-License-Identifier: Apache-2.0
// The two axes of an alert: what the engine detects, and what people do about it.
import type { Alert } from '../../api/types';

export const detections = ['firing', 'recovering', 'resolved', 'retracted'] as const;
export type Detection = (typeof detections)[number];

export const workflows = [
  'new',
  'acknowledged',
  'in_review',
  'query_open',
  'escalated',
  'closed',
] as const;
export type Workflow = (typeof workflows)[number];

export const closings = [
  'confirmed',
  'false_positive',
  'not_clinically_significant',
  'data_error',
  'duplicate',
  'superseded',
] as const;
export type Closing = (typeof closings)[number];

export const alertActions = [
  'acknowledge',
  'start_review',
  'open_query',
  'answer_query',
  'escalate',
  'close',
  'reopen',
  'assign',
  'comment',
] as const;
export type AlertAction = (typeof alertActions)[number];

const kOpen: readonly Workflow[] = ['new', 'acknowledged', 'in_review', 'query_open', 'escalated'];

/** From where each action can be taken, and whether it needs a reason. As the server has it. */
const kRules: Record<AlertAction, { from: readonly Workflow[]; needsText: boolean }> = {
  acknowledge: { from: ['new'], needsText: false },
  start_review: { from: ['new', 'acknowledged', 'escalated'], needsText: false },
  open_query: { from: ['in_review'], needsText: true },
  answer_query: { from: ['query_open'], needsText: true },
  escalate: { from: ['new', 'acknowledged', 'in_review', 'query_open'], needsText: true },
  close: { from: kOpen, needsText: true },
  reopen: { from: ['closed'], needsText: true },
  assign: { from: kOpen, needsText: false },
  comment: { from: workflows, needsText: true },
};

export function knownDetection(text: string): Detection {
  return detections.find((one) => one === text) ?? 'firing';
}

export function knownWorkflow(text: string): Workflow {
  return workflows.find((one) => one === text) ?? 'new';
}

export function knownClosing(text: string): Closing | null {
  return closings.find((one) => one === text) ?? null;
}

/** What a person may do from where the alert stands, in the order of the work. */
export function actionsFrom(workflow: string): AlertAction[] {
  const state = knownWorkflow(workflow);
  return alertActions.filter((action) => kRules[action].from.includes(state));
}

/** The one to go on with: shown first and strongest. */
export function nextAction(workflow: string): AlertAction {
  const next: Record<Workflow, AlertAction> = {
    new: 'acknowledge',
    acknowledged: 'start_review',
    in_review: 'close',
    query_open: 'answer_query',
    escalated: 'start_review',
    closed: 'reopen',
  };
  return next[knownWorkflow(workflow)];
}

export function needsText(action: AlertAction): boolean {
  return kRules[action].needsText;
}

/** Closing a critical alert is an electronic signature (21 CFR 11.200). */
export function needsSignature(action: AlertAction, alert: Pick<Alert, 'severity'>): boolean {
  return action === 'close' && alert.severity === 'CRITICAL';
}

/** A query that waits for its answer, or a review: not closed by a person. */
export function isOpen(alert: Pick<Alert, 'workflow'>): boolean {
  return knownWorkflow(alert.workflow) !== 'closed';
}

export type DueState = 'none' | 'running' | 'soon' | 'overdue';

const kSoon = 4 * 3_600_000;

/** How the rule's clock stands; it no longer matters once the alert is closed. Milliseconds. */
export function dueState(alert: Pick<Alert, 'dueAt' | 'workflow'>, now: number): DueState {
  if (!alert.dueAt || !isOpen(alert)) return 'none';
  const left = alert.dueAt / 1000 - now;
  return left < 0 ? 'overdue' : left < kSoon ? 'soon' : 'running';
}
