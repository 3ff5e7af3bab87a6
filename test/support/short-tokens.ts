import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
