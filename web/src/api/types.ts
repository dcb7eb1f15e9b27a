// SPDX-License-Identifier: Apache-2.0
// Names for the contract's messages, taken from the generated schema by route.
import type { paths } from './schema';

type Method = 'get' | 'post';

type Operation<P extends keyof paths, M extends Method> =
  paths[P] extends Record<M, infer O> ? O : never;

type Json<R> = R extends { content: infer C }
  ? C extends { 'application/json': infer T }
    ? T
    : never
  : never;

/** The server always writes fields without presence, whatever the document says of `required`. */
type Full<T> = T extends readonly (infer U)[]
  ? Full<U>[]
  : T extends object
    ? { [K in keyof T]-?: Full<Exclude<T[K], undefined>> }
    : T;

export type PathsWith<M extends Method> = {
  [P in keyof paths]: [Operation<P, M>] extends [never]
    ? never
    : Operation<P, M> extends { responses: unknown }
      ? P
      : never;
}[keyof paths];

type Responses<O> = O extends { responses: infer R } ? R : never;
type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 ? Json<R[S]> : never }[keyof R];

export type Answer<P extends keyof paths, M extends Method> = Full<
  Success<Responses<Operation<P, M>>>
>;

type Parameters<O> = O extends { parameters: infer R } ? R : never;

export type PathParameters<P extends keyof paths, M extends Method> =
  Parameters<Operation<P, M>> extends { path: infer R extends object } ? R : Record<never, never>;

export type QueryParameters<P extends keyof paths, M extends Method> =
  Parameters<Operation<P, M>> extends { query?: infer R } ? Partial<NonNullable<R>> : never;

export type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends {
    requestBody?: infer B;
  }
    ? Json<NonNullable<B>>
    : never;

type Element<T> = T extends readonly (infer U)[] ? U : never;

export type AlertPage = Answer<'/api/monitor/projects/{projectId}/alerts', 'get'>;
export type Alert = Element<AlertPage['alerts']>;
export type Severity = Alert['severity'];
type RawDetail = Answer<'/api/v1/studies/{studyId}/alerts/{alertId}', 'get'>;
/** `number` and `text` have presence: an observation holds one of them, or neither. */
type WithValue<T> = Omit<T, 'number' | 'text'> & { number?: number | null; text?: string | null };
export type EvidenceStep = Element<RawDetail['evidence']['steps']>;
export type EvidenceObservation = WithValue<Element<RawDetail['evidence']['observations']>>;
export type Evidence = Omit<RawDetail['evidence'], 'observations'> & {
  observations: EvidenceObservation[];
};
export type AlertChange = Element<RawDetail['history']>;
export type AlertDetail = Omit<RawDetail, 'evidence'> & { evidence: Evidence };
export type ActionBody = Body<'/api/v1/studies/{studyId}/alerts/{alertId}:act', 'post'>;
export type Silence = Element<Answer<'/api/v1/studies/{studyId}/silences', 'get'>['silences']>;
export type AlertSummary = Answer<'/api/v1/studies/{studyId}/alerts:summary', 'get'>;
export type AlertCount = Element<AlertSummary['byRule']>;
export type Study = Element<Answer<'/api/v1/studies', 'get'>['studies']>;
export type Item = Element<Answer<'/api/v1/studies/{studyId}/items', 'get'>['items']>;
export type LogIn = Answer<'/api/v1/identity/login', 'post'>;
export type User = Answer<'/api/v1/identity/me', 'get'>;

export type RuleVersion = Element<Answer<'/api/v1/studies/{studyId}/rules', 'get'>['rules']>;
export type RuleCheck = Answer<'/api/v1/studies/{studyId}/rules:check', 'post'>;
export type Diagnostic = Element<RuleCheck['diagnostics']>;
export type CheckedRule = Element<RuleCheck['rules']>;
export type Backtest = Answer<'/api/v1/studies/{studyId}/backtests/{backtestId}', 'get'>;
export type BacktestCount = Element<Backtest['byDay']>;
export type BacktestAlert = Element<Backtest['examples']>;

type RawSeries = Answer<'/api/v1/studies/{studyId}/subjects/{subjectId}/series/{item}', 'get'>;
export type Threshold = Element<RawSeries['thresholds']>;
export type Comparison = Threshold['comparison'];
/** Numbers with presence: a point holds a number, a text, or an `absentReason`. */
export type SeriesPoint = WithValue<
  Omit<Element<RawSeries['points']>, 'rangeLow' | 'rangeHigh'>
> & { rangeLow?: number | null; rangeHigh?: number | null };
export type Series = Omit<RawSeries, 'points'> & { points: SeriesPoint[] };
