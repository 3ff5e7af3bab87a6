import { callEtcd } from '../support/etcd-gateway.js';
import type { Road } from '../support/road.js';

export const USER = { username: 'root', password: 'torture' } as const;

/**
 * For who takes this road. An `Etcd3` with a user can do nothing before `auth/enable`, so one has
 * none here, and is shut out while logins are demanded.
 */
export function loginOn(road: Road): typeof USER | undefined {
  return road === 'hosts' ? USER : undefined;
}

/** An endpoint for {@link callEtcd}, of somebody who may do everything. */
export function withLogin(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = USER.username;
  url.password = USER.password;
  return url.href;
}

/** Makes the user, whom nobody has to be before `auth/enable`. */
export async function createUser(endpoints: readonly string[]): Promise<void> {
  const { username: name, password } = USER;
  await callEtcd(endpoints, 'auth/role/add', { name: 'root' });
  await callEtcd(endpoints, 'auth/user/add', { name, password });
  await callEtcd(endpoints, 'auth/user/grant', { user: name, role: 'root' });
}
