import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNginx } from '../../scripts/setup/nginx.mjs';
import { freePort } from './free-port.js';
import { newDirectory, type OwnServer, startServer } from './own-server.js';

/**
 * An nginx of the test's own before an etcd, by `grpc_pass`. `settings` are directives of its
 * server, such as `'keepalive_requests 5'`.
 */
export async function startNginx(
  etcdPort: number,
  settings: readonly string[] = [],
): Promise<OwnServer & { readonly endpoint: string; readonly port: number }> {
  const program = await ensureNginx();
  const directory = newDirectory('nginx');
  const port = await freePort();
  const file = (name: string) => join(directory, name);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const server = [
    `listen 127.0.0.1:${port} http2`,
    `location / { grpc_pass grpc://127.0.0.1:${etcdPort}; }`,
    ...settings,
  ];
  const http = [
    'access_log off',
    ...temporary.map((name) => `${name}_temp_path ${file(name)}`),
    `server { ${block(server)} }`,
  ];
  const all = [
    'daemon off',
    // One process, which whoever started it can end.
    'master_process off',
    'error_log stderr notice',
    `pid ${file('pid')}`,
    'events { }',
    `http { ${block(http)} }`,
  ];
  writeFileSync(file('nginx.conf'), block(all));
  const nginx = await startServer(
    program,
    ['-p', directory, '-e', 'stderr', '-c', file('nginx.conf')],
    { ready: 'using the "epoll" event method', directory },
  );
  return { ...nginx, endpoint: `http://127.0.0.1:${port}`, port };
}

function block(directives: readonly string[]): string {
  return directives
    .map((one) => (one.endsWith('}') ? one : `${one};`))
    .join(' ');
}
