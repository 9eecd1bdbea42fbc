/** Who may do what: a visitor without login reads, these roles may do more, each one all that those before it may. */
export const ROLES = ['operator', 'engineer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whether somebody of this role (`undefined`: a visitor) may do what needs that one. */
export const isAllowed = (role: Role | undefined, needed: Role): boolean =>
  role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** Somebody who has logged in. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}
