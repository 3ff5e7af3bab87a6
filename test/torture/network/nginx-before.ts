import { findNginx } from '../../../scripts/setup/nginx.mjs';
import type { EtcdMember } from '../../support/etcd-member.js';
import { startNginx } from '../../support/nginx.js';
import type { Proxies } from './proxies.js';

/** As docs/troubleshooting.md advises: watches and renewals may be silent for long. */
const SETTINGS = ['grpc_read_timeout 1h', 'grpc_send_timeout 1h'];

/** One before each member that passes gRPC on, where nginx is on this machine. */
export async function nginxBefore(
  members: readonly EtcdMember[],
): Promise<Proxies | undefined> {
  if ((await findNginx()) === undefined) return undefined;
  const started = members.map(
    async ({ name, clientPort }) =>
      [name, await startNginx(clientPort, SETTINGS)] as const,
  );
  return new Map(await Promise.all(started));
}
