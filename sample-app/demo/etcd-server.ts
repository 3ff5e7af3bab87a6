import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Children } from './children.js';
import { reach } from './etcd-client.js';
import type { Timeline } from './timeline.js';

/** Starts an etcd of one member, with its data in a temporary directory. */
export async function startEtcd(
  children: Children,
  timeline: Timeline,
): Promise<{ readonly endpoints: string; readonly pid: number }> {
  const [client, peer] = await freePorts(2);
  const clientUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const directory = children.directory();
  const etcd = children.start(
    process.env.ETCD_BIN ?? 'etcd',
    [
      ...['--name', 'demo', '--data-dir', directory],
      ...['--listen-client-urls', clientUrl],
      ...['--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl],
      ...['--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `demo=${peerUrl}`],
      ...['--logger', 'zap', '--log-level', 'error'],
    ],
    withoutEtcdSettings(process.env),
  );
  let output = '';
  for (const stream of [etcd.stdout, etcd.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(etcd, 'exit').then(() => {
    throw new Error(`etcd ended early:\n${output}`);
  });
  await Promise.race([reach(clientUrl, 20_000), exited]);
  timeline.say('etcd', `pid ${etcd.pid}, ${clientUrl}, data in ${directory}`);
  return { endpoints: clientUrl, pid: etcd.pid };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () =>
    createServer().listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** etcd takes settings from variables of this form, and refuses to start when they contradict. */
function withoutEtcdSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('ETCD_')),
  );
}
