import { callEtcd, rangeBelow } from '../support/etcd-gateway.js';
import type { Login } from './login.js';

/** How a worker can lose its rights: those of its role, or its role. */
export const LOSSES = ['permission', 'role'] as const;

/** What workers may do while etcd demands logins: each has a user and a role of its own. */
export class Rights {
  constructor(
    private readonly endpoints: readonly string[],
    private readonly namespace: string,
  ) {}

  loginOf(worker: string): Login {
    return { username: worker, password: `secret of ${worker}` };
  }

  /** Gives a worker what it is to have, whatever it has. */
  async give(worker: string): Promise<void> {
    const { username: user, password } = this.loginOf(worker);
    const { users = [] } = await this.ask<{ users?: string[] }>('user/list');
    const { roles = [] } = await this.ask<{ roles?: string[] }>('role/list');
    if (!users.includes(user)) {
      await this.ask('user/add', { name: user, password });
    }
    if (!roles.includes(user)) await this.ask('role/add', { name: user });
    const perm = { permType: 'READWRITE', ...this.range };
    await this.ask('role/grant', { name: user, perm });
    await this.ask('user/grant', { user, role: user });
  }

  async take(worker: string, loss: (typeof LOSSES)[number]): Promise<void> {
    if (loss === 'role') {
      await this.ask('user/revoke', { name: worker, role: worker });
    } else await this.ask('role/revoke', { role: worker, ...this.range });
  }

  private get range() {
    return rangeBelow(this.namespace);
  }

  private ask<T>(method: string, body: object = {}): Promise<T> {
    return callEtcd<T>(this.endpoints, `auth/${method}`, body);
  }
}
