// SPDX-License-Identifier: Apache-2.0
// Writes src/api/schema.d.ts from the OpenAPI document that the C++ build generates.
// The document is $VEDETTE_OPENAPI, or the newest build/<preset>/gen/openapi.json; without any, an
// earlier result stays.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const web = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(web, 'src/api/schema.d.ts');

function findDocument() {
  if (process.env.VEDETTE_OPENAPI) return resolve(process.env.VEDETTE_OPENAPI);
  const builds = resolve(web, '../build');
  const candidates = (existsSync(builds) ? readdirSync(builds) : [])
    .map((preset) => join(builds, preset, 'gen/openapi.json'))
    .filter((path) => existsSync(path))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return candidates[0];
}

const source = findDocument();
if (!source && existsSync(target)) process.exit(0);
if (!source || !existsSync(source)) {
  console.error(
    `No OpenAPI document${source ? ` at ${source}` : ''}. Build the server first (script/setup, then ` +
      'cmake --build --preset dev), or set VEDETTE_OPENAPI to its path.',
  );
  process.exit(1);
}

const text =
  '// Generated from the OpenAPI document by tools/generate_api.mjs.\n\n' +
  astToString(await openapiTS(pathToFileURL(source)));
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
