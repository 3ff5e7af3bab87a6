import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeaderElection } from '../../lib/election/index.js';
import { etcdEnvironment } from '../support/etcd-binary.js';
import { LockWorld } from '../support/lock-world.js';
import { killAndWait, own } from '../support/owned-process.js';
import { waitUntil } from '../support/wait-until.js';
import { type Command, ELECTIONS, OBSERVERS, TRIES } from './support/rivals.js';

const TTL = '10m';

let world: LockWorld;
beforeAll(async () => {
  world = await LockWorld.start();
});
afterAll(() => world.stop());

/** Starts a program and collects the lines that it says. */
function linesOf([program, ...args]: Command) {
  const child = spawn(program, args, {
    env: etcdEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  own(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    lines: () => said.split('\n').slice(0, -1),
    end: () => killAndWait(child),
  };
}

describe.concurrent.each(OBSERVERS)('$title', ({ title, command }) => {
  it('sees us lead, with what we say of ourselves', async ({
    onTestFinished,
  }) => {
    const key = `election:${title}`;
    const name = world.locks().etcdName(key).slice(0, -1);
    const { lines, end } = linesOf(command(world.etcd.endpoints[0]!, name));
    onTestFinished(end);
    await new LeaderElection(world.locks({ ttl: TTL })).lead(
      title,
      async () => {
        const tickets = await world.queued(key, 1);
        await waitUntil(() => lines().length >= 2);
        const [ticket, proposal] = lines() as [string, string];
        expect([ticket]).toEqual(tickets);
        expect(JSON.parse(proposal)).toMatchObject({ metadata: { zone: 'a' } });
      },
      { metadata: { zone: 'a' } },
    );
  });
});

describe.concurrent.each(ELECTIONS)('a leader by $title', (rival) => {
  it('is seen by our observers, from its election to its end', async ({
    onTestFinished,
  }) => {
    const key = `election:seen ${rival.title}`;
    const name = world.locks().etcdName(key).slice(0, -1);
    const election = new LeaderElection(world.locks({ ttl: TTL }));
    const seen: (string | undefined)[] = [];
    const stop = election.observe(`seen ${rival.title}`, (leader) =>
      seen.push(leader?.ticket),
    );
    onTestFinished(stop);
    await waitUntil(() => seen.length === 1);
    const theirs = rival.start(world.etcd.endpoints[0]!, name, 600);
    onTestFinished(() => theirs.kill());
    const ticket = await theirs.holds();
    await waitUntil(() => seen.length === 2);
    await theirs.release();
    await waitUntil(() => seen.length === 3);
    expect(seen).toEqual([undefined, ticket, undefined]);
  });
});

describe.each(TRIES.map((command) => ({ command })))(
  "a try of Go's mutex",
  ({ command }) => {
    const tried = async (key: string) => {
      const name = world.locks().etcdName(key).slice(0, -1);
      const { lines, end } = linesOf(command(world.etcd.endpoints[0]!, name));
      await waitUntil(() => lines().length === 1);
      await end();
      return lines();
    };

    it('finds what we hold locked, whatever the mode, and nothing else', async () => {
      const locks = world.locks({ ttl: TTL });
      expect(await tried('try')).toEqual(['held']);
      for (const terms of [{}, { mode: 'shared' }, { permits: 3 }] as const) {
        await using lock = await locks.acquire('try', terms);
        expect(await tried('try')).toEqual(['locked']);
        expect(lock.held).toBe(true);
      }
      expect(await tried('another')).toEqual(['held']);
    });
  },
);
