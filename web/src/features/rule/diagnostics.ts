// SPDX-License-Identifier: Apache-2.0
// Where the compiler's messages stand in the text of the editor.
import type { Diagnostic } from '../../api/types';
import { fieldsOf, placeInField, type TextPlace } from './envelope_text';

export interface PlacedDiagnostic extends TextPlace {
  isError: boolean;
  message: string;
  suggestion: string;
  length: number;
}

/** The source line of a rendering ("line 3: when: x" over its carets), and the number it gives. */
function renderedLine(rendered: string): string {
  const first = rendered.split('\n')[0] ?? '';
  return first.replace(/^line \d+: ?/, '');
}

/**
 * Messages about the envelope carry their place in it. Those about an expression may carry their
 * place within that field's value: the code names the field ("explain/unknown_item"; `when` without),
 * and the rendered line tells which of both it is.
 */
export function placeDiagnostic(text: string, diagnostic: Diagnostic): PlacedDiagnostic {
  const placed = {
    isError: diagnostic.gravity !== 'warning',
    message: diagnostic.message,
    suggestion: diagnostic.suggestion,
    length: Math.max(1, diagnostic.length),
  };
  const lines = text.split('\n');
  const direct = { line: Math.max(1, diagnostic.line), column: Math.max(1, diagnostic.column) };
  const source = renderedLine(diagnostic.rendered);
  const own = lines[direct.line - 1] ?? '';
  const inText = { ...direct, line: Math.min(direct.line, lines.length) };
  if (source === '' || own.includes(source.trim())) return { ...placed, ...inText };
  const slash = diagnostic.code.indexOf('/');
  const key = slash < 0 ? 'when' : diagnostic.code.slice(0, slash);
  const field = fieldsOf(text).find((one) => one.key === key);
  if (!field) return { ...placed, ...inText };
  if (field.style === 'literal') {
    const line = field.first + 1 + direct.line;
    const indent = Math.max(0, (lines[line - 1] ?? '').search(/\S/));
    return { ...placed, line, column: indent + direct.column };
  }
  const before = [...field.value].slice(0, direct.column - 1).join('');
  return { ...placed, ...placeInField(text, field, before) };
}

export function placeAll(text: string, diagnostics: readonly Diagnostic[]): PlacedDiagnostic[] {
  return diagnostics
    .map((diagnostic) => placeDiagnostic(text, diagnostic))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The offset of a place in the text, in UTF-16 units: what a text area selects by. */
export function offsetOf(text: string, place: TextPlace): number {
  const lines = text.split('\n');
  const line = Math.min(Math.max(1, place.line), lines.length);
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  // Columns count characters; one beyond the first plane is two units.
  const inLine = [...(lines[line - 1] ?? '')].slice(0, Math.max(0, place.column - 1)).join('');
  return before + inLine.length;
}
