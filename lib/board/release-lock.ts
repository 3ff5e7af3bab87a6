import { Logger } from '@nestjs/common';
import { isLockError } from '../core/index.js';
import { askedHost, type Exchange } from './exchange.js';
import type { LockBoard } from './lock-board.js';
import { ownerName } from './owner-name.js';
import type { Released } from './wire.js';

const logger = new Logger('EtcdLockBoard');

/**
 * Takes a lock away from the holders that the viewer saw. The key and their create revisions are in
 * the query, so no parser of bodies is needed.
 */
export async function releaseLock(
  exchange: Exchange,
  { locks, allowRelease }: LockBoard,
): Promise<void> {
  if (!allowRelease) {
    return refuse(exchange, 403, 'Releasing is switched off on this board.');
  }
  if (!fromOwnPage(exchange)) {
    return refuse(exchange, 403, 'Locks are released from the board alone.');
  }
  const { searchParams: query } = exchange.url;
  const key = query.get('key') ?? '';
  try {
    const { holders } = await locks.inspect(key);
    if (holders.length === 0) {
      const name = locks.client.etcdName(key);
      return refuse(exchange, 409, `Nobody holds it: etcd has no ${name}.`);
    }
    const seen = (query.get('holders') ?? '').split(',');
    const present = holders.filter(({ createRevision }) =>
      seen.includes(`${createRevision}`),
    );
    const released = await locks.forceRelease(key, present);
    if (released === 0) {
      return refuse(exchange, 409, 'It has passed to somebody else meanwhile.');
    }
    logger.warn(
      `Lock ${JSON.stringify(key)} was taken from ${JSON.stringify(present.map(ownerName).join(', '))} on the lock board.`,
    );
    exchange.json(200, { key, released } satisfies Released);
  } catch (error) {
    const status = isLockError(error, 'LOCK_CONFIGURATION') ? 400 : 503;
    refuse(exchange, status, (error as Error).message);
  }
}

function refuse(exchange: Exchange, status: number, message: string): void {
  exchange.json(status, { message });
}

/**
 * Whether a page of this very origin sends it. Other origins cannot set the header without being
 * asked first, nor what a browser says of where a request comes from.
 */
function fromOwnPage(exchange: Exchange): boolean {
  if (exchange.header('x-lock-board') !== 'release') return false;
  const site = exchange.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  try {
    const origin = new URL(exchange.header('origin') ?? '');
    return origin.host === askedHost(exchange.request.headers);
  } catch {
    return false;
  }
}
