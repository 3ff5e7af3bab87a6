import { callEtcd } from '../support/etcd-gateway.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Who may do everything. */
export const USER: Login = { username: 'root', password: 'torture' };

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
