import { describe, expect, it } from 'vitest';
import {
  prefixRange,
  type Revision,
} from '../../../lib/core/store/lock-store.js';
import {
  type DeleteEvent,
  WatchHub,
  type WatchSubscriber,
} from '../../../lib/core/store/watch-hub.js';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { Network } from '../support/network.js';
import { Traffic } from '../support/traffic.js';

class Ear implements WatchSubscriber {
  readonly heard: string[] = [];
  readonly synchronisedAt: Revision[] = [];
  timesMadeAnew = 0;

  lookAnew(): void {
    this.timesMadeAnew += 1;
  }

  synchronised(revision: Revision): void {
    this.synchronisedAt.push(revision);
  }

  deletes(events: readonly DeleteEvent[]): void {
    this.heard.push(...events.map(({ key }) => key));
  }
}

const queue = prefixRange('q/');

function setUp() {
  const clock = new ManualClock();
  const cluster = new MemoryCluster({ clock });
  const store = new MemoryStore({ cluster });
  const network = new Network(store, { clock });
  const traffic = new Traffic(network);
  const hub = new WatchHub(traffic, clock, () => 1);
  const blink = async (...keys: string[]) => {
    for (const key of keys) {
      const change = (kind: 'put' | 'delete') =>
        store.transact({
          compare: [],
          success: [
            kind === 'put'
              ? { kind, key, value: '' }
              : { kind, range: { key } },
          ],
          failure: [],
        });
      await change('put');
      await change('delete');
    }
    await clock.advance(0);
  };
  return { clock, cluster, network, traffic, hub, blink };
}

describe('WatchHub', () => {
  it('tells its subscribers from when on they hear everything, then every DELETE', async () => {
    const { clock, hub, blink } = setUp();
    const ear = new Ear();
    const subscription = hub.subscribe(queue, ear);
    expect(subscription.completeSince()).toBeUndefined();
    expect(hub.standing(queue)).toBe(false);
    await clock.advance(0);
    expect(ear.synchronisedAt).toEqual([1n]);
    expect(subscription.completeSince()).toBe(1n);
    expect(hub.standing(queue)).toBe(true);
    await blink('q/a', 'q/b', 'other');
    expect(ear.heard).toEqual(['q/a', 'q/b']);
    expect(subscription.completeSince()).toBe(5n);
    hub.close();
  });

  it('opens one watch for any number of subscribers of a range', async () => {
    const { clock, hub, traffic, blink } = setUp();
    const ears = [new Ear(), new Ear(), new Ear()];
    const subscriptions = ears.map((ear) => hub.subscribe(queue, ear));
    await clock.advance(0);
    expect(traffic.watched.size).toBe(1);
    await blink('q/a');
    expect(ears.map(({ heard }) => heard)).toEqual([['q/a'], ['q/a'], ['q/a']]);
    subscriptions[0]!.end();
    await blink('q/b');
    expect(ears.map(({ heard }) => heard.length)).toEqual([1, 2, 2]);
    hub.close();
  });

  it('keeps a key and the range that starts with it apart', async () => {
    const { clock, hub, traffic } = setUp();
    hub.subscribe({ key: 'q/' }, new Ear());
    hub.subscribe(queue, new Ear());
    await clock.advance(0);
    expect(traffic.watched.size).toBe(2);
    hub.close();
  });

  it('keeps the watch of a range for a second, for whoever comes next', async () => {
    const { clock, hub, traffic, blink } = setUp();
    hub.subscribe(queue, new Ear()).end();
    await clock.advance(999);
    const next = new Ear();
    const subscription = hub.subscribe(queue, next);
    expect(subscription.completeSince()).toBe(1n);
    await clock.advance(5_000);
    await blink('q/a');
    expect(next.heard).toEqual(['q/a']);
    expect(traffic.count('watch')).toBe(1);
    subscription.end();
    await clock.advance(1_000);
    expect(traffic.watched.size).toBe(0);
    expect(hub.standing(queue)).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the watch of a single key for a moment too, and hears nothing twice', async () => {
    const { clock, hub, traffic, blink } = setUp();
    hub.subscribe({ key: 'q/a' }, new Ear()).end();
    await clock.advance(500);
    const ear = new Ear();
    const subscription = hub.subscribe({ key: 'q/a' }, ear);
    await blink('q/a');
    expect(ear.heard).toEqual(['q/a']);
    expect(traffic.count('watch')).toBe(1);
    subscription.end();
    await clock.advance(1_000);
    expect(traffic.watched.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes a broken watch anew, and says that there may be a gap', async () => {
    const { clock, hub, network, traffic, blink } = setUp();
    const ear = new Ear();
    const subscription = hub.subscribe(queue, ear);
    await clock.advance(0);
    network.endWatches();
    await clock.advance(0);
    expect(subscription.completeSince()).toBeUndefined();
    await blink('q/missed');
    await clock.advance(25);
    expect(ear.synchronisedAt).toEqual([1n, 3n]);
    expect(ear.timesMadeAnew).toBe(1);
    await blink('q/a');
    expect(ear.heard).toEqual(['q/a']);
    expect(traffic.watched.size).toBe(1);
    hub.close();
  });

  it('waits longer and longer for a watch that breaks before it is made, until one is', async () => {
    const { clock, hub, network, traffic } = setUp();
    network.holdWatches();
    hub.subscribe(queue, new Ear());
    const pauses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const made = traffic.count('watch');
      network.endWatches();
      let pause = 0;
      while (traffic.count('watch') === made) {
        await clock.advance(5);
        pause += 5;
      }
      pauses.push(pause);
    }
    expect(pauses).toEqual([25, 50, 100, 200]);
    network.heal();
    await clock.advance(0);
    const made = traffic.count('watch');
    network.endWatches();
    await clock.advance(25);
    expect(traffic.count('watch')).toBe(made + 1);
    hub.close();
  });

  it('does not make a broken watch anew that nobody listens to', async () => {
    const { clock, hub, network, traffic } = setUp();
    hub.subscribe(queue, new Ear()).end();
    await clock.advance(0);
    network.endWatches();
    await clock.advance(60_000);
    expect(traffic.count('watch')).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('replaces a watch that stays silent until it is reported twice', async () => {
    const { clock, hub, network, traffic, blink } = setUp();
    const ear = new Ear();
    const subscription = hub.subscribe(queue, ear);
    await clock.advance(0);
    subscription.reportMissed();
    await blink('q/a');
    subscription.reportMissed();
    expect(traffic.count('watch')).toBe(1);
    network.holdWatches();
    await blink('q/b');
    subscription.reportMissed();
    expect(traffic.cancelled).toEqual(['silent']);
    network.heal();
    await clock.advance(0);
    await blink('q/c');
    expect(ear.heard).toEqual(['q/a', 'q/c']);
    expect(ear.timesMadeAnew).toBe(1);
    expect(traffic.count('watch')).toBe(2);
    hub.close();
  });

  it('replaces a watch at once that was never made', async () => {
    const { clock, hub, network, traffic } = setUp();
    const silent = network.holdWatches();
    const ear = new Ear();
    const subscription = hub.subscribe(queue, ear);
    await clock.advance(0);
    subscription.reportMissed();
    expect(traffic.cancelled).toEqual(['silent']);
    silent.lift();
    await clock.advance(0);
    expect(ear.synchronisedAt).toEqual([1n]);
    hub.close();
  });

  it('leaves nothing behind when it is closed', async () => {
    const { clock, hub, network, traffic } = setUp();
    hub.subscribe(queue, new Ear());
    hub.subscribe({ key: 'q/a' }, new Ear());
    const lingering = hub.subscribe(prefixRange('p/'), new Ear());
    await clock.advance(0);
    lingering.end();
    const broken = hub.subscribe({ key: 'broken' }, new Ear());
    network.endWatches();
    await clock.advance(0);
    hub.close();
    broken.end();
    expect(traffic.watched.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
