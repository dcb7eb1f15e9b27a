// SPDX-License-Identifier: Apache-2.0
// The versions of a study's rules, by rule: newest first, and the one that speaks for the rule.
import type { RuleVersion } from '../../api/types';
import type { Language } from '../../i18n';

export const ruleStatuses = ['draft', 'signed', 'active', 'retired'] as const;
export type RuleStatus = (typeof ruleStatuses)[number];

export function knownStatus(text: string): RuleStatus {
  return ruleStatuses.find((one) => one === text) ?? 'draft';
}

export interface RuleGroup {
  ruleId: string;
  /** Newest first. */
  versions: RuleVersion[];
  /** The active version, else the newest. */
  leading: RuleVersion;
}

export function groupRules(versions: readonly RuleVersion[]): RuleGroup[] {
  const byRule = new Map<string, RuleVersion[]>();
  for (const version of versions) {
    byRule.set(version.ruleId, [...(byRule.get(version.ruleId) ?? []), version]);
  }
  return [...byRule]
    .flatMap(([ruleId, all]) => {
      const order = all.sort((a, b) => b.version - a.version);
      const leading = order.find((one) => one.status === 'active') ?? order[0];
      return leading ? [{ ruleId, versions: order, leading }] : [];
    })
    .sort((a, b) => a.ruleId.localeCompare(b.ruleId, undefined, { numeric: true }));
}

export function nameOf(
  version: Pick<RuleVersion, 'name' | 'nameZh' | 'ruleId'>,
  language: Language,
): string {
  const name =
    language === 'zh-CN' ? version.nameZh || version.name : version.name || version.nameZh;
  return name || version.ruleId;
}

export function wordsOf(
  version: { plainWords: string; plainWordsZh: string },
  language: Language,
): string {
  return language === 'zh-CN'
    ? version.plainWordsZh || version.plainWords
    : version.plainWords || version.plainWordsZh;
}

export function matchesText(group: RuleGroup, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const { leading } = group;
  return [group.ruleId, leading.name, leading.nameZh, ...leading.items].some((each) =>
    each.toLowerCase().includes(wanted),
  );
}

/** What still stands between a version and its work, in the order of the work. */
export interface Progress {
  tested: boolean;
  backtested: boolean;
  signed: boolean;
  active: boolean;
}

export function progressOf(version: RuleVersion): Progress {
  return {
    tested: version.tests > 0 && version.testsPassed,
    backtested: version.backtestId !== '',
    signed: version.signatures.length > 0,
    active: version.status === 'active',
  };
}
