// SPDX-License-Identifier: Apache-2.0
// What is written of an alert, in the language of the page where the rule has it.
import type { Alert } from '../../api/types';
import type { Language } from '../../i18n';

export function chosen(language: Language, english: string, chinese: string): string {
  return (language === 'zh-CN' ? chinese || english : english || chinese).trim();
}

export function ruleNameOf(
  alert: Pick<Alert, 'ruleName' | 'ruleNameZh' | 'ruleId'>,
  language: Language,
): string {
  return chosen(language, alert.ruleName, alert.ruleNameZh) || alert.ruleId;
}

export function messageOf(alert: Pick<Alert, 'message' | 'messageZh'>, language: Language): string {
  return chosen(language, alert.message, alert.messageZh);
}
