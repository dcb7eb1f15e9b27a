// SPDX-License-Identifier: Apache-2.0
// The condition of the text as a form, and the form's condition into the text.
import type { Item } from '../../api/types';
import { useI18n } from '../../i18n';
import {
  comparators,
  firstCondition,
  fromCel,
  isWindow,
  looks,
  toCel,
  windowUnits,
  type Comparator,
  type Look,
  type SimpleCondition,
  type WindowUnit,
} from './cel_builder';
import { readField, replaceField } from './envelope_text';
import { numberSeries, ruleNameOf } from './templates';

interface Props {
  text: string;
  change: (text: string) => void;
  items: readonly Item[];
}

const kSigns: Record<Comparator, string> = {
  '>': '>',
  '>=': '≥',
  '<': '<',
  '<=': '≤',
  '==': '=',
  '!=': '≠',
};

export function BuilderForm({ text, change, items }: Props) {
  const { t } = useI18n();
  const series = numberSeries(items);
  const cel = readField(text, 'when');
  const first = series[0];
  const condition =
    cel === null || cel === ''
      ? { ...firstCondition, item: first ? ruleNameOf(first) : '' }
      : fromCel(cel);
  return (
    <fieldset className="builder">
      <legend>{t.rules.builder}</legend>
      <p className="quiet">{condition ? t.rules.builderHint : t.rules.builderCannot}</p>
      {condition && (
        <Fields
          condition={condition}
          items={series}
          set={(next) => change(replaceField(text, 'when', toCel(next), 'title'))}
        />
      )}
    </fieldset>
  );
}

interface FieldsProps {
  condition: SimpleCondition;
  items: readonly Item[];
  set: (condition: SimpleCondition) => void;
}

function Fields({ condition, items, set }: FieldsProps) {
  const { t } = useI18n();
  const chosen = items.find((item) => ruleNameOf(item) === condition.item);
  const unit =
    condition.look === 'xuln' || condition.look === 'count'
      ? ''
      : condition.look === 'pct_change'
        ? '%'
        : (chosen?.unit ?? '');
  const whole = (value: string, least: number) =>
    Math.max(least, Math.round(Number(value)) || least);
  return (
    <div className="form-row">
      <label>
        {t.rules.item}
        <select
          name="builderItem"
          value={condition.item}
          onChange={(event) => set({ ...condition, item: event.target.value })}
        >
          {!chosen && <option value={condition.item}>{condition.item}</option>}
          {items.map((item) => (
            <option key={item.code} value={ruleNameOf(item)}>
              {item.code} · {item.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.rules.look}
        <select
          name="builderLook"
          value={condition.look}
          onChange={(event) => set({ ...condition, look: event.target.value as Look })}
        >
          {looks.map((look) => (
            <option key={look} value={look}>
              {t.rules.looks[look]}
            </option>
          ))}
        </select>
      </label>
      {condition.look === 'last' && (
        <label>
          {t.rules.values}
          <input
            name="builderValues"
            type="number"
            min={2}
            max={50}
            value={condition.values}
            onChange={(event) =>
              set({ ...condition, values: Math.min(50, whole(event.target.value, 2)) })
            }
          />
        </label>
      )}
      {isWindow(condition.look) && (
        <label>
          {t.rules.windowLength}
          <span className="joined">
            <input
              name="builderLength"
              type="number"
              min={1}
              max={1000}
              value={condition.window.length}
              onChange={(event) =>
                set({
                  ...condition,
                  window: {
                    ...condition.window,
                    length: Math.min(1000, whole(event.target.value, 1)),
                  },
                })
              }
            />
            <select
              name="builderUnit"
              aria-label={t.rules.windowLength}
              value={condition.window.unit}
              onChange={(event) =>
                set({
                  ...condition,
                  window: { ...condition.window, unit: event.target.value as WindowUnit },
                })
              }
            >
              {windowUnits.map((each) => (
                <option key={each} value={each}>
                  {t.rules.windowUnits[each]}
                </option>
              ))}
            </select>
          </span>
        </label>
      )}
      <label>
        {t.rules.comparator}
        <select
          name="builderComparator"
          value={condition.comparator}
          onChange={(event) => set({ ...condition, comparator: event.target.value as Comparator })}
        >
          {comparators.map((each) => (
            <option key={each} value={each}>
              {kSigns[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>
          {t.rules.number} {unit && <span className="quiet">({unit})</span>}
        </span>
        <input
          key={condition.item}
          name="builderNumber"
          type="number"
          step="any"
          defaultValue={condition.threshold}
          onChange={(event) => {
            const threshold = event.target.valueAsNumber;
            if (Number.isFinite(threshold)) set({ ...condition, threshold });
          }}
        />
      </label>
    </div>
  );
}
