import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { typeName } from '../core/internal.js';

const NAMES = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'crl',
  'servername',
  'rejectUnauthorized',
  'checkServerIdentity',
  'ciphers',
  'minVersion',
  'maxVersion',
] as const satisfies readonly (keyof ConnectionOptions)[];

/** Options of `tls.connect` of `node:tls`, under their names there. */
export type EtcdTlsOptions = Readonly<
  Pick<ConnectionOptions, (typeof NAMES)[number]>
>;

/** What is wrong with them. Reads certificates and keys; says nothing of what is in them. */
export function tlsProblems(tls: unknown): string[] {
  if (typeof tls !== 'object' || tls === null || Array.isArray(tls)) {
    return [`"tls" must be an object, got ${typeName(tls)}`];
  }
  const unknown = Object.keys(tls).filter(
    (name) => !(NAMES as readonly string[]).includes(name),
  );
  if (unknown.length > 0) {
    return unknown.map(
      (name) => `"tls" knows no "${name}", but ${NAMES.join(', ')}`,
    );
  }
  const options = tls as EtcdTlsOptions;
  const problems = (['ca', 'cert', 'key'] as const).flatMap((name) =>
    pemProblems(name, options[name]),
  );
  if (problems.length > 0) return problems;
  if ((options.cert === undefined) !== (options.key === undefined)) {
    return ['"tls.cert" and "tls.key" go together'];
  }
  try {
    createSecureContext(options);
    return [];
  } catch (error) {
    return [`"tls" does not work: ${(error as Error).message}`];
  }
}

function pemProblems(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  for (const part of [value].flat() as unknown[]) {
    const text = textOf(part);
    if (text === undefined) {
      return [
        `"tls.${name}" must be the content of a PEM file, a Buffer or text, got ${typeName(part)}`,
      ];
    }
    if (!text.includes('-----BEGIN ')) {
      return [
        `"tls.${name}" is no PEM: it must be the content of the file, not its path`,
      ];
    }
  }
  return [];
}

function textOf(part: unknown): string | undefined {
  if (typeof part === 'string') return part;
  if (part instanceof Uint8Array) return Buffer.from(part).toString('latin1');
  // A key may stand beside its passphrase.
  const { pem } = (part ?? {}) as { pem?: unknown };
  return pem === undefined ? undefined : textOf(pem);
}
