import { typeName } from '../core/internal.js';
import { type HostAddress, hostAddress } from './http2/host-address.js';

const EXAMPLE = '"http://127.0.0.1:2379"';

/** What is wrong with each host that can never work, and what to write instead. */
export function hostProblems(hosts: readonly unknown[]): string[] {
  if (hosts.length === 0) return ['"hosts" names no host'];
  const problems = hosts
    .map(problemOf)
    .filter((problem) => problem !== undefined);
  const secure = new Set(
    hosts.map((host) => typeof host === 'string' && /^https:/i.test(host)),
  );
  if (secure.size > 1) {
    problems.push('"hosts" mixes http and https: all must be one or the other');
  }
  return problems;
}

export function hostAddresses(hosts: readonly string[]): HostAddress[] {
  return hosts.map((host) => hostAddress(host)!);
}

function problemOf(host: unknown): string | undefined {
  if (typeof host !== 'string') {
    return `"hosts" must be text such as ${EXAMPLE}, got ${typeName(host)} ${JSON.stringify(host)}`;
  }
  // Never shown: it may hold a password.
  if (host.includes('@')) {
    return '"hosts" names a user or a password before an "@": they go to "auth": { username, password }';
  }
  const cure = cureFor(host);
  if (cure === undefined) return undefined;
  return `"hosts" has ${JSON.stringify(host)}: ${cure}`;
}

function cureFor(host: string): string | undefined {
  if (host.trim() === '') return `write one such as ${EXAMPLE}`;
  if (/[,;\s]/.test(host)) {
    const all = host.split(/[,;\s]+/).filter((part) => part !== '');
    return all.length === 1
      ? `write ${JSON.stringify(all[0])}`
      : `several hosts are a list, ${JSON.stringify(all)}`;
  }
  if (host.startsWith('unix:')) {
    return hostAddress(host)
      ? undefined
      : 'a path follows, "unix:/run/etcd.sock"';
  }
  // Of `dns:///host:2379`, as gRPC writes it, the host is what counts.
  const [, scheme, rest = host] =
    /^([a-z][a-z\d+.-]*):\/\/+(.*)$/i.exec(host) ?? [];
  if (scheme !== undefined && !['http', 'https'].includes(scheme)) {
    const lower = scheme.toLowerCase();
    return ['http', 'https'].includes(lower)
      ? `write "${lower}://${rest}", in small letters`
      : `write "http://${rest}", or "https://${rest}" for TLS`;
  }
  const prefix = scheme === undefined ? '' : `${scheme}://`;
  const [, authority = '', path] = /^([^/?#]*)(.*)$/.exec(rest) ?? [];
  if (path) return `nothing may follow the port, write "${prefix}${authority}"`;
  if (hostAddress(host)) return undefined;
  if (/^[\da-f:]*:[\da-f]*:[\da-f:]*$/i.test(authority)) {
    return `an IPv6 address stands in brackets, "${prefix || 'http://'}[::1]:2379"`;
  }
  if (!/:\d+$/.test(authority)) {
    return `the port is missing, write "${prefix}${authority.replace(/:$/, '')}:2379"`;
  }
  const port = Number(/\d+$/.exec(authority)![0]);
  if (port < 1 || port > 65_535) return 'a port is a number from 1 to 65535';
  return `write one such as ${EXAMPLE}`;
}
