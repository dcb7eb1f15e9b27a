// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { EventStreamParser, type ServerSentEvent } from './sse';

const bytes = (text: string) => new TextEncoder().encode(text);

function parseIn(chunks: Uint8Array[]): ServerSentEvent[] {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

describe('EventStreamParser', () => {
  it('reads event, data and id', () => {
    expect(parseIn([bytes('id: 7\nevent: alert\ndata: {"a":1}\n\n')])).toEqual([
      { event: 'alert', data: '{"a":1}', id: '7' },
    ]);
  });

  it('gives the same events however the bytes are cut', () => {
    const text =
      ': hello\r\n\r\nid: 1\r\nevent: alert\r\ndata: 张*\r\ndata: 第二行\r\n\r\n' +
      'id: 2\rdata: b\r\rdata:c\n\nid:3\n\ndata\n\n';
    const whole = parseIn([bytes(text)]);
    expect(whole).toEqual([
      { event: 'alert', data: '张*\n第二行', id: '1' },
      { event: 'message', data: 'b', id: '2' },
      { event: 'message', data: 'c', id: '2' },
      { event: 'message', data: '', id: '3' },
    ]);
    const all = bytes(text);
    for (let size = 1; size <= all.length; size += 1) {
      const chunks: Uint8Array[] = [];
      for (let i = 0; i < all.length; i += size) chunks.push(all.subarray(i, i + size));
      expect(parseIn(chunks), `chunks of ${size}`).toEqual(whole);
    }
  });

  it('keeps an event back until its blank line is there', () => {
    const parser = new EventStreamParser();
    expect(parser.push(bytes('data: x\n'))).toEqual([]);
    expect(parser.push(bytes('\n'))).toHaveLength(1);
  });

  it('drops a byte order mark, comments and fields it does not know', () => {
    expect(parseIn([bytes('\uFEFF: c\nfoo: bar\ndata: x\n\n')])).toEqual([
      { event: 'message', data: 'x', id: '' },
    ]);
  });

  it('ignores an id with NUL, and a retry that is no number', () => {
    const parser = new EventStreamParser();
    expect(parser.push(bytes('id: 5\ndata: x\n\nid: a\0b\nretry: 2s\ndata: y\n\n'))).toEqual([
      { event: 'message', data: 'x', id: '5' },
      { event: 'message', data: 'y', id: '5' },
    ]);
    expect(parser.retry).toBeNull();
    parser.push(bytes('retry: 2500\n'));
    expect(parser.retry).toBe(2500);
  });
});
