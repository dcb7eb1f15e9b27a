// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { chooseLanguage } from './index';
import { en } from './en';
import { zhCn } from './zh_cn';

/** Every text by its dotted key; a text with parameters is called with recognisable ones. */
function texts(value: unknown, key = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[key, value]]);
  if (typeof value === 'function') {
    const parameters = Array.from({ length: value.length }, (_, i) => `‹${i}›`);
    return new Map([[key, String((value as (...p: string[]) => string)(...parameters))]]);
  }
  return new Map(
    Object.entries(value as object).flatMap(([name, inner]) => [
      ...texts(inner, key ? `${key}.${name}` : name),
    ]),
  );
}

const parameters = (text: string) => [...text.matchAll(/‹\d›/g)].map(([p]) => p).sort();

describe('languages', () => {
  const english = texts(en);
  const chinese = texts(zhCn);

  it('hold the same keys, and none is empty', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of [...english, ...chinese]) expect(text.trim(), key).not.toBe('');
  });

  it('use the same parameters', () => {
    for (const [key, text] of english) {
      expect(parameters(chinese.get(key) ?? ''), key).toEqual(parameters(text));
    }
  });

  it('are translated, with Chinese punctuation', () => {
    for (const [key, text] of chinese) {
      expect(text, key).toMatch(/\p{Script=Han}/u);
      expect(text, key).not.toMatch(/\p{Script=Han}[,;:?!]/u);
    }
    for (const [key, text] of english) {
      if (key !== 'languageName') expect(text, key).not.toMatch(/\p{Script=Han}/u);
    }
  });
});

describe('chooseLanguage', () => {
  it('takes the remembered language first', () => {
    expect(chooseLanguage('en', ['zh-CN'])).toBe('en');
    expect(chooseLanguage('tlh', ['zh-Hant-TW'])).toBe('zh-CN');
  });

  it('else the first of the browser it speaks, else English', () => {
    expect(chooseLanguage(null, ['de-DE', 'zh', 'en'])).toBe('zh-CN');
    expect(chooseLanguage(null, ['en-GB', 'zh'])).toBe('en');
    expect(chooseLanguage(null, ['fr'])).toBe('en');
  });
});
