// SPDX-License-Identifier: Apache-2.0
// What the page offers to whom. The server decides; a role that is not known here is offered all,
// and hears from the server what it may not do.
import type { User } from '../../api/types';

export type Permission =
  'alert.act' | 'alert.silence' | 'rule.write' | 'rule.sign' | 'rule.activate';

/** As the server's role table has it. */
const kKnown: Record<string, readonly Permission[]> = {
  administrator: ['alert.act', 'rule.write', 'rule.sign', 'rule.activate'],
  data_manager: ['alert.act', 'alert.silence', 'rule.write', 'rule.sign', 'rule.activate'],
  medical_monitor: ['alert.act', 'alert.silence', 'rule.sign'],
  unblinded_monitor: [],
  cra: ['alert.act'],
  investigator: ['alert.act'],
  integrator: [],
  auditor: [],
};

export function may(user: User | null, studyId: string, permission: Permission): boolean {
  if (!user) return false;
  return user.roles.some(
    (grant) =>
      (grant.studyId === studyId || grant.studyId === '*') &&
      (kKnown[grant.role]?.includes(permission) ?? true),
  );
}
