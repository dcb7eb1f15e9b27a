// SPDX-License-Identifier: Apache-2.0
// What a form was refused for: in a sentence, and field by field.
import { ApiError } from '../api/problem';
import { useI18n } from '../i18n';
import { explain } from './explain';

interface Props {
  error: unknown;
  /** What the fields are called on the page. */
  names?: Record<string, string>;
}

export function ProblemNote({ error, names = {} }: Props) {
  const { t } = useI18n();
  if (!error) return null;
  const fields = error instanceof ApiError ? error.fields : [];
  const wrongPassword = error instanceof ApiError && error.status === 401;
  // Of a single field the sentence says the same as the list.
  const [only] = fields;
  const isSaid =
    error instanceof ApiError &&
    fields.length === 1 &&
    only !== undefined &&
    error.detail.endsWith(only.description);
  return (
    <div className="notice notice-error" role="alert">
      {wrongPassword ? t.alert.wrongPassword : !isSaid && explain(error, t)}
      {fields.length > 0 && (
        <ul>
          {fields.map((problem, i) => (
            <li key={i}>
              {problem.field && <b>{names[problem.field] ?? problem.field}</b>}{' '}
              {problem.description}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
