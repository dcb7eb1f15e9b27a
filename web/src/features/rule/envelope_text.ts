// SPDX-License-Identifier: Apache-2.0
// Top-level fields of a rule's YAML, read and replaced in the text itself, so that comments and the
// author's order stay. Knows plain, quoted and block scalars; the server's parser has the last word.

export interface TextPlace {
  /** From 1. */
  line: number;
  column: number;
}

type Style = 'plain' | 'quoted' | 'literal' | 'folded';

export interface Field {
  key: string;
  value: string;
  style: Style;
  /** Lines of the field, from 0: its key's line, and the line after its last. */
  first: number;
  end: number;
  /** Where the value begins in the key's line, from 0. */
  start: number;
}

const kKey = /^([A-Za-z_]\w*):(?:[ \t]+|$)/;

/** The fields of a text that holds one rule; none of a list or a pack of rules. */
export function fieldsOf(text: string): Field[] {
  const lines = text.split('\n');
  const fields: Field[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const match = kKey.exec(lines[i] ?? '');
    if (!match?.[1]) continue;
    let end = i + 1;
    while (end < lines.length && !/^[^\s#]/.test(lines[end] ?? '')) end += 1;
    // Blank lines and comments before the next key belong to it.
    while (end > i + 1 && /^\s*(#.*)?$/.test(lines[end - 1] ?? '')) end -= 1;
    fields.push(toField(match[1], lines, i, end, match[0].length));
  }
  return fields;
}

function toField(key: string, lines: string[], first: number, end: number, start: number): Field {
  const head = (lines[first] ?? '').slice(start);
  const rest = lines.slice(first + 1, end);
  const block = /^([|>])[+-]?\d?[+-]?\s*(#.*)?$/.exec(head);
  if (block) {
    const style: Style = block[1] === '|' ? 'literal' : 'folded';
    const indent = Math.min(
      ...rest.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)),
    );
    const body = rest.map((line) => line.slice(indent));
    const value = (style === 'literal' ? body.join('\n') : body.join(' ')).trim();
    return { key, value, style, first, end, start };
  }
  const folded = [head, ...rest]
    .map((line) => line.trim())
    .join(' ')
    .trim();
  const quoted = /^(["'])([\s\S]*)\1\s*(?:#.*)?$/.exec(folded);
  if (quoted) {
    const inner = quoted[2] ?? '';
    const value =
      quoted[1] === '"'
        ? inner.replace(/\\(["\\])/g, '$1').replace(/\\n/g, '\n')
        : inner.replace(/''/g, "'");
    return { key, value, style: 'quoted', first, end, start };
  }
  const value = [head, ...rest]
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .join(' ')
    .trim();
  return { key, value, style: 'plain', first, end, start };
}

export function readField(text: string, key: string): string | null {
  return fieldsOf(text).find((field) => field.key === key)?.value ?? null;
}

/** A scalar that YAML reads back as this text. */
export function scalar(value: string): string {
  const isPlain =
    /^[A-Za-z(\[]/.test(value) &&
    !/^\[/.test(value) &&
    !/: |:$| #|[\n"'{}[\]]/.test(value) &&
    !/^(true|false|yes|no|on|off|null|~)$/i.test(value);
  if (isPlain) return value;
  const escaped = value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  return `"${escaped}"`;
}

/** The text with the field's value replaced, or the field added after `after` or at the end. */
export function replaceField(text: string, key: string, value: string, after = ''): string {
  const lines = text.split('\n');
  const fields = fieldsOf(text);
  const field = fields.find((one) => one.key === key);
  const line = `${key}: ${scalar(value)}`;
  if (field) {
    lines.splice(field.first, field.end - field.first, line);
    return lines.join('\n');
  }
  const before = fields.find((one) => one.key === after);
  if (before) lines.splice(before.end, 0, line);
  else if (lines[lines.length - 1] === '') lines.splice(lines.length - 1, 0, line);
  else lines.push(line);
  return lines.join('\n');
}

/**
 * Where character `offset` of a field's value stands in the text. Blanks may have been folded, so
 * the signs that are none are counted.
 */
export function placeInField(text: string, field: Field, before: string): TextPlace {
  const lines = text.split('\n');
  let left = before.replace(/\s/g, '').length;
  const isBlock = field.style === 'literal' || field.style === 'folded';
  let line = isBlock ? field.first + 1 : field.first;
  let column = isBlock ? 0 : field.start;
  if (field.style === 'quoted') column += 1;
  for (; line < field.end; line += 1, column = 0) {
    const content = lines[line] ?? '';
    for (; column < content.length; column += 1) {
      if (/\s/.test(content[column] ?? '')) continue;
      if (field.style === 'quoted' && content[column] === '\\') continue;
      if (left === 0) return { line: line + 1, column: column + 1 };
      left -= 1;
    }
  }
  const last = Math.max(field.first, field.end - 1);
  return { line: last + 1, column: (lines[last] ?? '').length + 1 };
}
