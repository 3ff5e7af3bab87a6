import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { etcdEnvironment } from '../../support/etcd-binary.js';
import {
  type HolderProgram,
  startHolder,
} from '../../support/holder-program.js';

/** Somebody else's client, as a process of its own. */
export interface Rival {
  readonly title: string;
  /** Whether it takes the TTL that it is given, or one of a minute whatever that is. */
  readonly takesTtl: boolean;
  /** Has it hold, or lead, as soon as it may. */
  start(endpoint: string, name: string, ttlSeconds: number): HolderProgram;
}

/** What says key and value of each leader that it sees. */
export interface Observer {
  readonly title: string;
  command(endpoint: string, name: string): Command;
}

export type Command = readonly [program: string, ...args: string[]];

const etcdctls = Object.entries(
  JSON.parse(process.env['INTEROP_ETCDCTL']!) as Record<string, string>,
);
const go = process.env['INTEROP_GO'];
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const services = fileURLToPath(
  new URL('./services-program.ts', import.meta.url),
);

/** Go's client, with the command that has it do something. */
const ofGo = (...args: readonly string[]): Command => [go!, ...args];

const ofServices = (...args: readonly string[]): Command => [
  process.execPath,
  '--import',
  tsx,
  services,
  ...args,
];

export const LOCKS: readonly Rival[] = [
  ...etcdctls.map(([series, etcdctl]) =>
    rival(`etcdctl lock of ${series}`, (endpoint, name, ttl) => [
      etcdctl,
      `--endpoints=${endpoint}`,
      'lock',
      `--ttl=${ttl}`,
      name,
    ]),
  ),
  ...ifGo(
    rival("Go's concurrency.Mutex", (endpoint, name, ttl) =>
      ofGo('mutex', endpoint, name, ttl),
    ),
  ),
  rival('the lock service of the server', (endpoint, name, ttl) =>
    ofServices('lock', endpoint, name, ttl),
  ),
];

export const ELECTIONS: readonly Rival[] = [
  ...etcdctls.map(([series, etcdctl]) => ({
    ...rival(`etcdctl elect of ${series}`, (endpoint, name) => [
      etcdctl,
      `--endpoints=${endpoint}`,
      'elect',
      name,
      'proposal of etcdctl',
    ]),
    takesTtl: false,
  })),
  ...ifGo(
    rival("Go's concurrency.Election", (endpoint, name, ttl) =>
      ofGo('election', endpoint, name, ttl),
    ),
  ),
  rival('the election service of the server', (endpoint, name, ttl) =>
    ofServices('campaign', endpoint, name, ttl),
  ),
];

export const OBSERVERS: readonly Observer[] = [
  ...etcdctls.map(([series, etcdctl]) => ({
    title: `etcdctl elect -l of ${series}`,
    command: (endpoint: string, name: string): Command => [
      etcdctl,
      `--endpoints=${endpoint}`,
      'elect',
      '-l',
      name,
    ],
  })),
  ...ifGo({
    title: "Go's concurrency.Election",
    command: (endpoint: string, name: string) =>
      ofGo('observe', endpoint, name),
  }),
  {
    title: 'the election service of the server',
    command: (endpoint, name) => ofServices('observe', endpoint, name),
  },
];

/** What Go's `TryLock` says: `held` or `locked`. */
export const TRIES = ifGo((endpoint: string, name: string) =>
  ofGo('try', endpoint, name, '10'),
);

function ifGo<T>(...of: readonly T[]): readonly T[] {
  return go ? of : [];
}

function rival(
  title: string,
  command: (endpoint: string, name: string, ttl: string) => Command,
): Rival {
  return {
    title,
    takesTtl: true,
    start(endpoint, name, ttlSeconds) {
      const [program, ...args] = command(endpoint, name, `${ttlSeconds}`);
      return startHolder(program, args, {
        env: etcdEnvironment(),
        what: `${title} for ${name}`,
      });
    },
  };
}
