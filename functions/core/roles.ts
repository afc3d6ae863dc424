/** What a management key may do, least first: each role may do all that the ones before it may. */
export const roles = ['viewer', 'admin', 'operator'] as const;

export type Role = (typeof roles)[number];

export function mayAct(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
