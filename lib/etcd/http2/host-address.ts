import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** One host, as far as a connection needs it. */
export interface HostAddress {
  /** As it was configured. */
  readonly given: string;
  /** As errors name it. */
  readonly name: string;
  readonly secure: boolean;
  /** Of requests. */
  readonly authority: string;
  readonly target:
    | { readonly host: string; readonly port: number }
    | { readonly path: string };
}

const UNIX = /^unix:(?:\/\/)?(.+)$/;
const TCP = /^(?:(https?):\/\/)?(?:\[([\da-f:.]+)\]|([^/[\]:]+)):(\d+)$/i;

/** Undefined for what is no host with a port, and no socket of this machine. */
export function hostAddress(given: string): HostAddress | undefined {
  const [, path] = UNIX.exec(given) ?? [];
  if (path !== undefined) {
    // Go's server refuses a request whose authority is a path.
    const authority = 'localhost';
    return { given, name: given, secure: false, authority, target: { path } };
  }
  const [, scheme, v6, plain, digits] = TCP.exec(given) ?? [];
  const host = v6 ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  const name = `${v6 === undefined ? host : `[${v6}]`}:${port}`;
  return {
    given,
    name,
    secure: scheme === 'https',
    authority: name,
    target: { host, port },
  };
}

/** Begins to connect. Names are looked up anew each time. */
export function openSocket(
  { target, secure }: HostAddress,
  tls: ConnectionOptions,
): Socket {
  if (!secure) return connectPlain({ ...target, noDelay: true });
  const options = { ...target, ...tls, noDelay: true, ALPNProtocols: ['h2'] };
  return connectTls(options);
}
