import { bareHandOvers, bareMessages } from './bare-messages.js';
import { etcd3Lock } from './etcd3-lock.js';
import { ours } from './ours.js';
import type { Peer, PeerSettings } from './peer.js';
import { rawPairs, rawPuts } from './raw-puts.js';
import { redisSemaphore } from './redis-semaphore.js';
import { redlock } from './redlock.js';

/** Everything that runs in a Node process, by the name that the reader sees. */
export const nodePeers = {
  'nestjs-etcd-lock': (settings) => ours(settings),
  'nestjs-etcd-lock, kept': (settings) => ours(settings, { keep: '30s' }),
  'raw put + delete': rawPairs,
  'raw puts': rawPuts,
  'bare messages': bareMessages,
  'bare hand-overs': bareHandOvers,
  'etcd3 lock': etcd3Lock,
  'redlock, fsync': ({ redis }) => redlock(redis!.synced),
  'redlock, no fsync': ({ redis }) => redlock(redis!.unsynced),
  'redis-semaphore, fsync': ({ redis }) => redisSemaphore(redis!.synced),
  'redis-semaphore, no fsync': ({ redis }) => redisSemaphore(redis!.unsynced),
} satisfies Record<string, (settings: PeerSettings) => Peer>;

export type NodePeerName = keyof typeof nodePeers;

export const OURS = 'nestjs-etcd-lock';
export const KEPT = 'nestjs-etcd-lock, kept';
export const BARE = 'bare messages';
export const GO = 'Go concurrency.Mutex';
export const GO_PUTS = 'Go raw puts';
export const GO_PAIRS = 'Go raw put + delete';
export const GO_BATCHES = 'the same batches, from Go';

/** Everything that runs in the Go process, by the name that the program knows. */
export const goPeers = {
  [GO]: 'mutex',
  [GO_PUTS]: 'puts',
  [GO_PAIRS]: 'pairs',
  [GO_BATCHES]: 'batches',
} as const;

export type GoPeerName = keyof typeof goPeers;

export const REDIS_PEERS = [
  'redlock, fsync',
  'redlock, no fsync',
  'redis-semaphore, fsync',
  'redis-semaphore, no fsync',
] as const satisfies readonly NodePeerName[];
