// SPDX-License-Identifier: Apache-2.0
// A plain text area with line numbers, and marks at lines with messages.
import { useImperativeHandle, useRef, type Ref } from 'react';
import type { PlacedDiagnostic } from './diagnostics';

export interface CodeAreaHandle {
  /** Puts the focus on these characters and brings them into view. */
  select: (start: number, end: number) => void;
}

interface Props {
  ref?: Ref<CodeAreaHandle>;
  value: string;
  change: (value: string) => void;
  label: string;
  describedBy: string;
  diagnostics: readonly PlacedDiagnostic[];
}

const kLineHeight = 19;
const kLeastLines = 14;

export function CodeArea({ ref, value, change, label, describedBy, diagnostics }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const count = value.split('\n').length;
  useImperativeHandle(ref, () => ({
    select: (start, end) => {
      const element = area.current;
      if (!element) return;
      element.focus({ preventScroll: true });
      element.setSelectionRange(start, end);
      const line = value.slice(0, start).split('\n').length;
      const box = element.getBoundingClientRect();
      const top = box.top + line * kLineHeight;
      if (top < 120 || top > window.innerHeight - 60) {
        element.parentElement?.scrollIntoView({ block: 'start' });
      }
    },
  }));
  const marks = new Map<number, 'error' | 'warning'>();
  for (const one of diagnostics) {
    if (one.isError || !marks.has(one.line)) marks.set(one.line, one.isError ? 'error' : 'warning');
  }
  const hasError = diagnostics.some((one) => one.isError);
  return (
    <div className="code-area">
      <ol className="code-lines" aria-hidden="true">
        {Array.from({ length: Math.max(count, kLeastLines) }, (_, i) => (
          <li key={i} className={marks.get(i + 1) ?? ''}>
            {i < count ? i + 1 : ''}
          </li>
        ))}
      </ol>
      <textarea
        ref={area}
        name="envelope"
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={hasError || undefined}
        value={value}
        rows={Math.max(count, kLeastLines)}
        wrap="off"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        maxLength={262_144}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  );
}
