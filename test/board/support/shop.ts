import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killAndWait, own } from '../../support/owned-process.js';
import { waitUntil } from '../../support/wait-until.js';

const PROGRAM = fileURLToPath(
  new URL('../../../dist/sample-app/main.js', import.meta.url),
);

/** An instance of the sample application, in a process of its own. */
export interface Shop {
  readonly name: string;
  readonly url: string;
  send(method: string, path: string, body?: object): Promise<number>;
  stop(): Promise<void>;
}

export async function startShop(
  name: string,
  endpoints: readonly string[],
): Promise<Shop> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      ...process.env,
      INSTANCE: name,
      PORT: '0',
      ETCD_ENDPOINTS: endpoints.join(),
      LOCK_TTL: '5s',
      LEDGER_MS_PER_ACCOUNT: '20',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  own(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const url = await waitUntil(
    () => /listens on (http:[^\s"]+)/.exec(output)?.[1],
    { what: `${name} to listen`, timeoutMs: 60_000 },
  );
  return {
    name,
    url,
    send: async (method, path, body) => {
      const answer = await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      await answer.arrayBuffer();
      return answer.status;
    },
    stop: () => killAndWait(child),
  };
}
