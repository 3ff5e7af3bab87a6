import type { HostAddress } from './host-address.js';

type Words = (host: HostAddress) => string;

const CAUSES: readonly (readonly [RegExp, Words])[] = [
  [/^ECONNREFUSED$/, ({ name }) => `nothing listens at ${name}`],
  [/^ENOENT$/, ({ name }) => `there is no socket ${name}`],
  [/^EACCES$/, ({ name }) => `this process may not connect to ${name}`],
  [/^ENOTFOUND$/, ({ name }) => `the host name of ${name} is not found`],
  [
    /^EAI_/,
    ({ name }) => `the host name of ${name} cannot be looked up just now`,
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    ({ name }) => `there is no way to ${name} from here`,
  ],
  [/^ETIMEDOUT$/, ({ name }) => `${name} does not answer`],
  [
    /^(ECONNRESET|EPIPE)$/,
    ({ name }) => `the connection to ${name} was cut off`,
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|ERR_SSL_UNEXPECTED_MESSAGE/,
    ({ name }) =>
      `what listens at ${name} does not speak TLS: did you mean http://${name}?`,
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/,
    ({ name }) =>
      `the certificate of ${name} is of an unknown CA: "tls.ca" must name the one that made it`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    ({ name }) => `the certificate of ${name} has expired`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    ({ name }) => `the certificate of ${name} is not valid yet`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    ({ name }) =>
      `the certificate of ${name} is for other names: "tls.servername" may name one of them`,
  ],
  [
    /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|CERTIFICATE_(EXPIRED|UNKNOWN|REVOKED))|UNSUPPORTED_CERTIFICATE/,
    ({ name }) =>
      `${name} refuses the client certificate, or misses one ("tls.cert" and "tls.key")`,
  ],
  [
    /^ERR_HTTP2/,
    ({ name, secure }) =>
      `what listens at ${name} does not speak HTTP/2${secure ? '' : `: is it etcd, and without TLS (https://${name})?`}`,
  ],
];

/** Says of an error of a socket what it means. */
export function connectionTrouble(error: unknown, host: HostAddress): string {
  const codes = codesOf(error);
  for (const [pattern, words] of CAUSES) {
    if (codes.some((code) => pattern.test(code))) return words(host);
  }
  const { message } = error as Partial<Error>;
  return `the connection to ${host.name} failed: ${message || codes[0] || 'for no reason that is known'}`;
}

/** A name with several addresses fails with one error for each. */
function codesOf(error: unknown): string[] {
  const { code, errors } = error as { code?: unknown; errors?: unknown[] };
  const own = typeof code === 'string' ? [code] : [];
  return [...own, ...(errors ?? []).flatMap(codesOf)];
}
