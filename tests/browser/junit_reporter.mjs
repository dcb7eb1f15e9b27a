// SPDX-License-Identifier: Apache-2.0
// A reporter for `node --test` that writes JUnit XML, which Node.js 18 does not have yet.
const escape = (text) =>
  String(text)
    // Colours of a terminal, and what XML cannot hold.
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')
    .replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]);

export default async function* junit(source) {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuite name="browser">\n';
  for await (const { type, data } of source) {
    // Depth 0 is the file or its one outer test; what counts are the steps within.
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const seconds = (data.details?.duration_ms ?? 0) / 1000;
    yield `  <testcase classname="browser" name="${escape(data.name)}" time="${seconds}">`;
    if (data.skip !== undefined) yield '<skipped/>';
    if (type === 'test:fail') {
      const error = data.details?.error;
      yield `<failure>${escape(error?.cause?.message ?? error?.message ?? 'failed')}</failure>`;
    }
    yield '</testcase>\n';
  }
  yield '</testsuite>\n';
}
