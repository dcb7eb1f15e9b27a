// SPDX-License-Identifier: Apache-2.0
import { languages, useI18n, type Language } from '../i18n';

export function LanguageSwitch() {
  const { language, setLanguage, t } = useI18n();
  return (
    <div className="segments" role="group" aria-label={t.language}>
      {(Object.keys(languages) as Language[]).map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          onClick={() => setLanguage(each)}
        >
          {languages[each].languageName}
        </button>
      ))}
    </div>
  );
}
