import { etcdBinary } from './etcd-binary.js';
import type { Etcd } from './etcd.js';
import { freePort } from './free-port.js';
import { newDirectory, type OwnServer, startServer } from './own-server.js';

/** An `etcd grpc-proxy` before `etcd`. */
export async function startGrpcProxy({
  member,
}: Etcd): Promise<OwnServer & { readonly endpoint: string }> {
  const directory = newDirectory('grpc-proxy');
  const address = `127.0.0.1:${await freePort()}`;
  const options = {
    endpoints: `127.0.0.1:${member.clientPort}`,
    'listen-addr': address,
    'advertise-client-url': address,
    'data-dir': directory,
  };
  const args = Object.entries(options).map(([name, is]) => `--${name}=${is}`);
  const server = await startServer(
    etcdBinary(),
    ['grpc-proxy', 'start', ...args],
    { ready: 'started gRPC proxy', directory },
  );
  return { ...server, endpoint: `http://${address}` };
}
