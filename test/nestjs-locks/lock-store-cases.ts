import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type {
  EtcdLockStore,
  LockAcquireResult,
} from '../../lib/nestjs-locks/index.js';

/** What the interface of `@nestjs/locks` asks of its stores; the names and shapes are theirs. */
interface TheirLockStore {
  acquire(
    key: string,
    owner: string,
    ttl: number,
  ): Promise<{ acquired: true; fencingToken: number } | { acquired: false }>;
  renew(key: string, owner: string, ttl: number): Promise<boolean>;
  release(key: string, owner: string): Promise<boolean>;
}

interface Stage {
  /** In whole seconds, long enough for the calls of a test to take a third of it. */
  readonly ttl: number;
  /** When a lock of that `ttl` has ended: etcd is up to a second late, and the machine may be busy. */
  readonly over: number;
  /** Two stores, as two instances of an application have them. */
  readonly stores: readonly [EtcdLockStore, EtcdLockStore];
  /** Lets so much time pass for the server. */
  advance(ms: number): Promise<void>;
  /** Resolves once everything in the server that belongs to a lock is gone. */
  isEmpty(): Promise<void>;
}

const LONG = 60_000;
const THIRTY_DAYS = 30 * 24 * 3600 * 1000;

/**
 * What `@nestjs/locks` relies on, for a store on whichever server. Each case has keys of its own, so
 * they may wait side by side where time passes by itself.
 */
export function lockStoreCases(
  stage: () => Promise<Stage>,
  { concurrent }: { readonly concurrent: boolean },
): void {
  let one: TheirLockStore;
  let other: TheirLockStore;
  let world: Stage;
  let TTL: number;
  let OVER: number;
  beforeAll(async () => {
    world = await stage();
    ({ ttl: TTL, over: OVER } = world);
    [one, other] = world.stores;
  });

  const newKey = (name = 'k') => `${randomUUID()}:${name}`;
  const taken = (result: LockAcquireResult): number => {
    expect(result).toEqual({
      acquired: true,
      fencingToken: expect.any(Number),
    });
    const { fencingToken } = result as { fencingToken: number };
    expect(Number.isSafeInteger(fencingToken)).toBe(true);
    expect(fencingToken).toBeGreaterThan(0);
    return fencingToken;
  };
  const busy = { acquired: false };

  describe('for two instances', { concurrent }, () => {
    it('gives a free key once, also to its own owner', async () => {
      const key = newKey();
      taken(await one.acquire(key, 'a', LONG));
      expect(await other.acquire(key, 'b', LONG)).toEqual(busy);
      expect(await one.acquire(key, 'a', LONG)).toEqual(busy);
      await one.release(key, 'a');
    });

    it('frees a key for its owner only, from any instance', async () => {
      const key = newKey();
      const first = taken(await one.acquire(key, 'a', LONG));
      expect(await one.release(key, 'b')).toBe(false);
      expect(await other.acquire(key, 'b', LONG)).toEqual(busy);
      expect(await other.release(key, 'a')).toBe(true);
      expect(await one.release(key, 'a')).toBe(false);
      expect(taken(await other.acquire(key, 'b', LONG))).toBeGreaterThan(first);
      await one.release(key, 'b');
    });

    it('gives a key at once to whoever asks as it is released', async () => {
      const key = newKey();
      let owner = 'first';
      taken(await one.acquire(key, owner, LONG));
      for (let round = 0; round < 50; round++) {
        const released = one.release(key, owner);
        owner = `owner ${round}`;
        taken(await one.acquire(key, owner, LONG));
        expect(await released).toBe(true);
      }
      await one.release(key, owner);
    });

    it('does not know a key that nobody took', async () => {
      const key = newKey();
      expect(await one.renew(key, 'a', LONG)).toBe(false);
      expect(await one.release(key, 'a')).toBe(false);
    });

    it('keeps a lock that is renewed, and for its owner only', async () => {
      const key = newKey();
      taken(await one.acquire(key, 'a', TTL));
      await world.advance(TTL / 2);
      expect(await other.renew(key, 'a', TTL)).toBe(true);
      expect(await other.renew(key, 'b', TTL)).toBe(false);
      await world.advance(TTL * 0.6);
      expect(await other.acquire(key, 'b', LONG)).toEqual(busy);
      await world.advance(OVER - TTL * 0.6);
      expect(await one.renew(key, 'a', TTL)).toBe(false);
      expect(await one.release(key, 'a')).toBe(false);
      taken(await other.acquire(key, 'b', LONG));
      expect(await one.renew(key, 'a', TTL)).toBe(false);
      expect(await one.release(key, 'a')).toBe(false);
      expect(await one.acquire(key, 'c', LONG)).toEqual(busy);
      await other.release(key, 'b');
    });

    it('lets a renewal change the ttl, to a longer and to a shorter one', async () => {
      const [longer, shorter] = [newKey(), newKey()];
      taken(await one.acquire(longer, 'a', TTL));
      taken(await one.acquire(shorter, 'a', THIRTY_DAYS));
      expect(await one.renew(longer, 'a', THIRTY_DAYS)).toBe(true);
      expect(await one.renew(shorter, 'a', TTL)).toBe(true);
      await world.advance(OVER);
      expect(await other.acquire(longer, 'b', LONG)).toEqual(busy);
      taken(await other.acquire(shorter, 'b', LONG));
      expect(await one.renew(longer, 'a', THIRTY_DAYS)).toBe(true);
      expect(await one.release(longer, 'a')).toBe(true);
      await other.release(shorter, 'b');
    });

    it('hands out growing tokens, however the key was freed', async () => {
      const key = newKey();
      const tokens: number[] = [];
      for (const owner of ['a', 'b', 'a']) {
        tokens.push(taken(await one.acquire(key, owner, TTL)));
        await other.renew(key, owner, LONG);
        await other.release(key, owner);
      }
      tokens.push(taken(await one.acquire(key, 'expires', TTL)));
      await world.advance(OVER);
      tokens.push(taken(await other.acquire(key, 'b', LONG)));
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      await one.release(key, 'b');
    });

    it('tells all strings apart, as keys and as owners', async () => {
      const strings = [
        ...[
          '',
          'k',
          'K',
          ' k',
          'k ',
          'k\0',
          'k/',
          'k/@a',
          '/',
          '@',
          '%',
          '%25',
        ],
        ...['é'.normalize('NFC'), 'é'.normalize('NFD'), '\u{1f512}', 'ключ'],
        ...[
          '\ud83d',
          '\udd12',
          '\ud83d\ud83d',
          '\udd12\ud83d',
          '%ud83d',
          '\ufffd',
        ],
        ...['__proto__', 'ß'.repeat(499), `${'ß'.repeat(499)}x`],
        '\u{1f512}'.repeat(250),
      ];
      const prefix = randomUUID();
      for (const name of strings) {
        taken(await one.acquire(prefix + name, name, LONG));
      }
      for (const [index, name] of strings.entries()) {
        const stranger = strings.at(index - 1)!;
        expect(await other.acquire(prefix + name, 'x', LONG)).toEqual(busy);
        expect(await other.renew(prefix + name, stranger, LONG)).toBe(false);
        expect(await other.release(prefix + name, stranger)).toBe(false);
        expect(await other.release(prefix + name, name)).toBe(true);
      }
    });

    describe('with 16 callers at once', () => {
      const owners = Array.from({ length: 16 }, (_, index) => `owner ${index}`);
      const race = (key: string) =>
        Promise.all(
          owners.map((owner, index) =>
            (index % 2 === 0 ? one : other).acquire(key, owner, LONG),
          ),
        );
      const winnerOf = (results: readonly LockAcquireResult[]): string => {
        const winners = owners.filter((_, index) => results[index]!.acquired);
        expect(winners).toHaveLength(1);
        return winners[0]!;
      };

      it('has one winner in each round, with a greater token', async () => {
        const key = newKey();
        let last = 0;
        for (let round = 0; round < 5; round++) {
          const results = await race(key);
          const winner = winnerOf(results);
          const token = taken(results[owners.indexOf(winner)]!);
          expect(token).toBeGreaterThan(last);
          last = token;
          expect(await one.release(key, winner)).toBe(true);
        }
      });

      it('has one winner for a lock that expired, whose owner cannot revive it', async () => {
        const key = newKey();
        taken(await one.acquire(key, 'paused', TTL));
        await world.advance(OVER);
        const [renewed, results] = await Promise.all([
          one.renew(key, 'paused', TTL),
          race(key),
        ]);
        expect(renewed).toBe(false);
        await one.release(key, winnerOf(results));
      });

      it('has at most one winner while the holder releases', async () => {
        const key = newKey();
        taken(await one.acquire(key, 'holder', LONG));
        const [released, results] = await Promise.all([
          one.release(key, 'holder'),
          race(key),
        ]);
        expect(released).toBe(true);
        const winners = owners.filter((_, index) => results[index]!.acquired);
        expect(winners.length).toBeLessThan(2);
        const late = await one.acquire(key, 'late', LONG);
        expect(late.acquired).toBe(winners.length === 0);
        for (const owner of [...winners, 'late']) await one.release(key, owner);
      });
    });
  });

  it('leaves nothing behind, no lease either', async () => {
    await world.isEmpty();
  });
}
