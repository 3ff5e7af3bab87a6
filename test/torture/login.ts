import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callEtcd } from '../support/etcd-gateway.js';

export const USER = { username: 'root', password: 'torture' } as const;

/** What an etcd is started with whose tokens are good for two seconds, once it demands any. */
export function shortTokens(directory: string): string[] {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const file = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const sign = file('sign.pem', privateKey);
  const verify = file('verify.pem', publicKey);
  return [
    `--auth-token=jwt,pub-key=${verify},priv-key=${sign},sign-method=RS256,ttl=2s`,
    '--bcrypt-cost=4',
  ];
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
