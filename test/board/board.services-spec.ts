import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockClient } from 'nestjs-etcd-lock';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import type { Browser, Page } from 'puppeteer-core';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { newDirectory } from '../support/own-server.js';
import { waitUntil, within } from '../support/wait-until.js';
import { complaintsOf, startBrowser } from './support/browser.js';
import { type Shop, startShop } from './support/shop.js';

/** `BOARD_SCREENSHOTS=docs npm run test:all -- test/board/board.services-spec.ts` makes those of the docs. */
const pictures = process.env['BOARD_SCREENSHOTS'] ?? newDirectory('board');

// Of the page, where parts of this file run.
declare const document: any;
declare const window: any;
declare const localStorage: any;
declare const getComputedStyle: any;

const SKUS = ['espresso-cups', 'teapot', 'grinder'];

let etcd: Etcd;
let store: EtcdStore;
let shops: Shop[];
let browser: Browser;
let page: Page;
let complaints: string[];
const clients: LockClient[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  [shops, browser] = await Promise.all([
    Promise.all(['a', 'b', 'c'].map((name) => startShop(name, etcd.endpoints))),
    startBrowser(),
  ]);
  store = new EtcdStore({ hosts: [...etcd.endpoints] });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await Promise.all(clients.map((client) => client.close()));
  await store?.close();
  await Promise.all((shops ?? []).map((shop) => shop.stop()));
  await etcd?.stop();
});

beforeEach(async () => {
  page = await browser.newPage();
  complaints = complaintsOf(page);
  await page.setViewport({ width: 1360, height: 800 });
  await page.goto(`${shops[0]!.url}/locks`);
  await reads('#live', /^Live$/);
});

afterEach(async () => {
  await page.close();
});

function newClient(instance: string): LockClient {
  const client = new LockClient({ store, label: instance });
  clients.push(client);
  return client;
}

/** All instances at work on the same things, until it is disposed of. */
function contention(): AsyncDisposable {
  let open = true;
  const selling = shops.flatMap((shop) =>
    SKUS.map(async (sku, place) => {
      await shop.send('PUT', `/stock/${sku}`, { units: 1_000_000 });
      while (open) {
        await shop.send('POST', '/orders', { sku, quantity: 1 });
        await sleep(150 * (place + 1));
      }
    }),
  );
  const closing = shops.map(async (shop, index) => {
    for (let month = 1; open; month += 1) {
      const name = String(1 + ((month + index) % 12)).padStart(2, '0');
      await shop.send('POST', `/ledger/2026-${name}/close`);
      await sleep(200);
    }
  });
  const importing = ['worker-1', 'worker-2', 'worker-3'].map(async (name) => {
    const worker = newClient(name);
    while (open) {
      await worker.withLock('catalog:import', { waitTimeout: '1m' }, () =>
        sleep(700),
      );
      await sleep(300);
    }
  });
  const all = Promise.all([...selling, ...closing, ...importing]);
  return {
    async [Symbol.asyncDispose]() {
      open = false;
      await all;
    },
  };
}

const textOf = (selector: string) =>
  page.$eval(selector, (element: any) => element.innerText.trim());

async function reads(selector: string, pattern: RegExp): Promise<void> {
  await waitUntil(async () => pattern.test(await textOf(selector)), {
    what: `${selector} to read ${pattern}`,
  });
}

/** The rows that are drawn. */
const rows = () =>
  page.$$eval('tbody tr:not(.space)', (drawn: any[]) =>
    drawn.map((row) => row.innerText.replace(/\s+/g, ' ')),
  );

async function sees(text: string): Promise<void> {
  await waitUntil(
    async () => (await rows()).some((row) => row.includes(text)),
    {
      what: `a row with ${text}`,
    },
  );
}

const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element.id || element.innerText.trim();
  });

async function pressUntil(key: 'Tab', goal: (focus: string) => boolean) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (goal(await focused())) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead there, but to ${await focused()}`);
}

const search = async (text: string) => {
  await page.keyboard.press('/');
  await page.keyboard.type(text);
};

const picture = (name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`) });

describe('the lock board in Chromium', () => {
  it('shows three instances as they hand locks over', async () => {
    await using work = contention();
    void work;
    const owners = async () =>
      page.$$eval('.lanes li', (lanes: any[]) =>
        lanes.map((lane) => lane.innerText.trim()),
      );
    await sees('stock:teapot');
    await page.evaluate(() => {
      [...document.querySelectorAll('button.key')]
        .find(({ innerText }: any) => innerText.includes('stock:teapot'))!
        .click();
    });

    await waitUntil(async () => (await owners()).join() === 'a,b,c', {
      what: 'a lane for each instance',
    });
    await waitUntil(
      async () => (await page.$$('.plot .hand-over')).length >= 3,
      { what: 'hand-overs' },
    );
    expect(
      await page.$eval('.plot svg', (svg: any) =>
        svg.getAttribute('aria-label'),
      ),
    ).toMatch(/a, \d+ times; .*b, \d+ times/);

    // For those who look at the pictures: what a minute of work looks like.
    if (process.env['BOARD_SCREENSHOTS']) {
      await sees('catalog:import');
      await page.evaluate(() => {
        [...document.querySelectorAll('button.key')]
          .find(({ innerText }: any) => innerText.includes('catalog:import'))!
          .click();
      });
      await sleep(40_000);
    }
    await picture('board');
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: 'dark' },
    ]);
    await picture('board-dark');
    expect(complaints).toEqual([]);
  });

  it('keeps a key with script in it text, and shows what would be invisible', async () => {
    const key =
      '<img src=x onerror="window.hurt=1"><script>hurt=2</script>\u202e';
    const client = newClient('<b>shop</b>');
    const metadata = { note: '</pre><img src=y onerror="window.hurt=3">' };
    const lock = await client.acquire(key, { metadata });
    await sees('<img src=x onerror="window.hurt=1"><script>');
    await page.click('button.key');
    await reads('.holder', /note":"<\/pre><img/);

    expect((await rows()).join()).toContain('\\u202e');
    expect(await textOf('.holder .owner-name')).toBe('<b>shop</b>');
    expect(
      await page.evaluate(() => [
        'hurt' in window,
        document.querySelectorAll('img, body script, b').length,
      ]),
    ).toEqual([false, 0]);
    await picture('script-in-key');
    await lock.release();
    expect(complaints).toEqual([]);
  });

  it('releases a lock by the keyboard alone, after it has asked', async () => {
    const lock = await newClient('stuck-shop').acquire('stuck:job');
    const lost = new Promise((resolve) =>
      lock.signal.addEventListener('abort', resolve),
    );
    await sees('stuck:job');
    await search('stuck');
    await reads('#shown', /^1 of /);
    await pressUntil('Tab', (focus) => focus.includes('stuck:job'));
    await page.keyboard.press('Enter');
    await waitUntil(async () => (await focused()) === 'detail-title');
    await pressUntil('Tab', (focus) => focus === 'release');
    await page.keyboard.press('Enter');
    await waitUntil(async () => (await focused()) === 'Leave it');
    await picture('release');

    await page.keyboard.press('Escape');
    await waitUntil(async () => (await focused()) === 'release');
    await page.keyboard.press('Enter');
    await waitUntil(async () => (await focused()) === 'Leave it');
    // Before the browser has told the page that the dialog is closed.
    await page.evaluate(() => {
      const dialog = document.querySelector('dialog');
      const told = new Promise((resolve) =>
        dialog.addEventListener('close', resolve),
      );
      dialog.close();
      document.getElementById('release').click();
      return told;
    });
    await waitUntil(async () => (await focused()) === 'Leave it');
    await page.keyboard.press('Escape');
    await waitUntil(async () => (await focused()) === 'release');
    expect(lock.held).toBe(true);

    await page.keyboard.press('Enter');
    await waitUntil(async () => (await focused()) === 'Leave it');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await within(lost, 'the holder to be told');
    await reads('[role=status]', /^stuck:job was taken from its holder\.$/);
    await page.keyboard.press('Escape');
    expect(await page.$('.detail')).toBeNull();
    expect(complaints).toEqual([]);
  });

  it('follows the colours of the system until somebody chooses', async () => {
    const background = () =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const prefer = (value: string) =>
      page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await prefer('light');
    const light = await background();
    await prefer('dark');
    const dark = await background();
    expect(dark).not.toBe(light);

    await page.focus('#theme');
    await page.keyboard.press('Enter');
    expect([await textOf('#theme'), await background()]).toEqual([
      expect.stringMatching(/Light$/),
      light,
    ]);
    await page.reload();
    expect(await background()).toBe(light);
    await page.evaluate(() => localStorage.clear());
  });

  it('has what matters on a narrow screen: the lock, its holder, how many wait', async () => {
    await page.setViewport({ width: 390, height: 844 });
    const keeper = new LockClient({
      store,
      label: 'an-instance-with-a-long-label-7f9c6d5b8',
      keep: '1m',
    });
    clients.push(keeper);
    await (await keeper.acquire('a-kept-lock-with-a-long-key')).release();
    await sees('a-kept-lock');

    expect(await textOf('thead')).toMatch(/^Lock.*Holder\s+Waiting$/s);
    const overlong = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('.scroll, .sums')]
        .filter(
          ({ scrollWidth, clientWidth }: any) => scrollWidth > clientWidth,
        )
        .map(({ className }: any) => className),
    );
    expect(overlong).toEqual([]);
    const gap = await page.$eval('.holders .badge', (badge: any) => {
      const owner = badge.parentElement.querySelector('.owner');
      return (
        badge.getBoundingClientRect().left - owner.getBoundingClientRect().right
      );
    });
    expect(gap).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('stays usable with ten thousand locks', async () => {
    const lease = (await store.grantLease(60, { timeoutMs: 5_000 })).id;
    for (let start = 0; start < 10_000; start += 100) {
      const success = Array.from({ length: 100 }, (_, index) => ({
        kind: 'put' as const,
        key: `locks/bulk%3A${String(start + index).padStart(5, '0')}/${lease.toString(16)}`,
        value: '',
        lease,
      }));
      const timeoutMs = 10_000;
      await store.transact(
        { compare: [], success, failure: [] },
        { timeoutMs },
      );
    }
    await reads('#shown', /^10,\d{3} locks$/);
    expect((await rows()).length).toBeLessThan(60);

    await page.focus('button.key');
    await page.keyboard.press('End');
    await waitUntil(async () => (await focused()).includes('bulk:09999'));
    await page.$eval('.scroll', (box: any) => (box.scrollTop = 48 * 5_000));
    await sees('bulk:0500');
    await picture('many');
    await search('bulk:07777');
    await reads('#shown', /^1 of 10,\d{3} locks$/);
    expect((await rows())[0]).toContain('another client');

    await store.revokeLease(lease, { timeoutMs: 10_000 });
    await reads('#shown', /^0 of \d locks?$/);
    expect(complaints).toEqual([]);
  });

  it('says that etcd is away, and goes on when it is back', async () => {
    await etcd.member.kill();
    await reads('.trouble', /etcd failed: .*tried again/s);
    await reads('#live', /^Not live$/);
    await picture('etcd-away');
    expect(await shops[0]!.send('GET', '/health/live')).toBe(200);

    await etcd.member.restart();

    await reads('#live', /^Live$/);
    expect(await page.$('.trouble')).toBeNull();
    expect(complaints).toEqual([]);
  });
});
