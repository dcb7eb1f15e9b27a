// SPDX-License-Identifier: Apache-2.0
export function Logo() {
  return (
    <svg className="logo" width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M5 18h5l3-8 5 14 3.500-9H27" />
    </svg>
  );
}
