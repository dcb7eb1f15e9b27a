// SPDX-License-Identifier: Apache-2.0
import type { Study } from '../../api/types';
import { useI18n } from '../../i18n';
import { alertsAt, navigate, rulesAt, useRoute } from '../../route';

const kStorageKey = 'vedette.study';

export function rememberStudy(studyId: string): void {
  localStorage.setItem(kStorageKey, studyId);
}

export function rememberedStudy(): string | null {
  return localStorage.getItem(kStorageKey);
}

export function StudySwitcher({ studies, current }: { studies: Study[]; current: string }) {
  const { t } = useI18n();
  const { place } = useRoute();
  return (
    <label className="study">
      <span className="visually-hidden">{t.study}</span>
      <select
        name="study"
        value={current}
        onChange={(event) =>
          navigate(place === 'alerts' ? alertsAt(event.target.value) : rulesAt(event.target.value))
        }
      >
        {studies.map((study) => (
          <option key={study.id} value={study.id}>
            {study.name && study.name !== study.id ? `${study.id} · ${study.name}` : study.id}
          </option>
        ))}
      </select>
    </label>
  );
}
