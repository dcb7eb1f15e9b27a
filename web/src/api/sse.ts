// SPDX-License-Identifier: Apache-2.0
// Server-sent events as bytes arrive (WHATWG HTML §9.2.6).

export interface ServerSentEvent {
  event: string;
  data: string;
  /** The last id seen so far in the stream, as the standard has it. */
  id: string;
}

export class EventStreamParser {
  private readonly decoder = new TextDecoder('utf-8');
  private pending = '';
  private afterCarriageReturn = false;
  private event = '';
  private data: string[] = [];
  private id = '';
  /** Milliseconds the server asks to wait before reconnecting; null when it did not say. */
  retry: number | null = null;

  /** Takes the next bytes, cut anywhere, and returns the events they completed. */
  push(chunk: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    // TextDecoder drops a byte order mark and keeps a character that is cut in two.
    let text = this.decoder.decode(chunk, { stream: true });
    if (this.afterCarriageReturn && text.length > 0) {
      if (text.startsWith('\n')) text = text.slice(1);
      this.afterCarriageReturn = false;
    }
    this.pending += text;
    let start = 0;
    for (;;) {
      const end = this.pending.slice(start).search(/[\r\n]/);
      if (end < 0) break;
      this.takeLine(this.pending.slice(start, start + end), events);
      const last = start + end;
      start = last + 1;
      if (this.pending[last] === '\r') {
        if (start === this.pending.length) this.afterCarriageReturn = true;
        else if (this.pending[start] === '\n') start += 1;
      }
    }
    this.pending = this.pending.slice(start);
    return events;
  }

  private takeLine(line: string, events: ServerSentEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) {
        events.push({ event: this.event || 'message', data: this.data.join('\n'), id: this.id });
      }
      this.event = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const rest = colon < 0 ? '' : line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
  }
}
