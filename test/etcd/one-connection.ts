import type { Connection, Connections } from '../../lib/etcd/connections.js';

/** The only way to the only host. What a test does not expect of it throws. */
export function oneConnection(
  expected: Partial<Pick<Connection, 'send' | 'open'>>,
): Connections {
  const connection: Connection = {
    host: 'somewhere',
    authenticated: false,
    renewsToken: false,
    send() {
      throw new Error('no call is made');
    },
    open() {
      throw new Error('no stream is opened');
    },
    failed() {},
    ...expected,
  };
  return {
    headroom: 0,
    streamsHoldProcess: false,
    route: () => ({
      left: 0,
      next: () => Promise.resolve(connection),
      again() {},
      failed() {},
      verdict: (error) => error,
    }),
    apart: () => [],
    close() {},
  };
}
