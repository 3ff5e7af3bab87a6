import type { INestApplication, Type } from '@nestjs/common';
import { EtcdLockModule, type LockClient } from 'nestjs-etcd-lock';
import {
  EtcdLockBoardModule,
  type EtcdLockBoardOptions,
} from 'nestjs-etcd-lock/board';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { beforeAll } from 'vitest';
import { pageFiles } from '../../../lib/board/page-files.js';
import { type Adapter, listen, World } from '../../nest/support/harness.js';
import { Looker } from './looker.js';

// The first one bundles the page.
beforeAll(() => pageFiles(), 60_000);

/** A store that says how many of its watches are open. */
class WatchedStore extends MemoryStore {
  openWatches = 0;
  watchesOpened = 0;

  override watch(...args: Parameters<MemoryStore['watch']>) {
    const watch = super.watch(...args);
    this.openWatches += 1;
    this.watchesOpened += 1;
    return {
      ...watch,
      cancel: () => {
        this.openWatches -= 1;
        watch.cancel();
      },
    };
  }
}

export interface BoardApplication {
  readonly app: INestApplication;
  readonly url: string;
  /** What the board reads the locks from. */
  readonly watched: WatchedStore;
  readonly faults: FaultyStore;
  /** Another process. */
  readonly rival: LockClient;
  look(headers?: Record<string, string>): Looker;
}

/** An application with a board at `<prefix>/<path>`. */
export async function boardApplication({
  board = {},
  adapter = 'express',
  prefix,
  controllers = [],
  prepare = () => {},
}: {
  readonly board?: EtcdLockBoardOptions;
  readonly adapter?: Adapter;
  readonly prefix?: string;
  readonly controllers?: Type[];
  readonly prepare?: (app: INestApplication) => void;
} = {}): Promise<BoardApplication> {
  const world = new World();
  const watched = new WatchedStore({ cluster: world.cluster });
  const faults = new FaultyStore(watched);
  const { app, url: origin } = await listen(
    {
      imports: [
        EtcdLockModule.forRoot({ store: faults, shutdownGrace: 0 }),
        EtcdLockBoardModule.forRoot(board),
      ],
      controllers,
    },
    adapter,
    (created) => {
      if (prefix !== undefined) created.setGlobalPrefix(prefix);
      prepare(created);
    },
  );
  const parts = [origin, prefix, board.path ?? 'locks'];
  const url = parts.filter(Boolean).join('/');
  return {
    app,
    url,
    watched,
    faults,
    rival: world.rival,
    look: (headers) => new Looker(`${url}/events`, headers),
  };
}
