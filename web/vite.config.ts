// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';

const server = process.env.VEDETTE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Nothing is inlined as a data: URL: the page is served under default-src 'self'.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': server } },
});
