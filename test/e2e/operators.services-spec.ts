import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, startBrowser } from '../board/support/browser.js';
import { ended, isRunning, own } from '../support/owned-process.js';
import { waitUntil, within } from '../support/wait-until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shell = promisify(execFile);

const DEMO = 'npm run demo -- --stay';

/** What a user does with a line that is printed for them. */
const enter = async (line: string) =>
  (await shell('sh', ['-c', line], { cwd: root, timeout: 30_000 })).stdout;

describe(`${DEMO}, as the README tells`, () => {
  let said = '';
  let demo: ChildProcess;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  /** What stands beside `what` in the list that the demo prints. */
  const printed = (what: string) => {
    const found = new RegExp(`^  ${what} +(.*)$`, 'm').exec(said);
    if (found === null) throw new Error(`No ${what} in:\n${said}`);
    return found[1]!;
  };
  const textOf = (selector: string) =>
    page.$eval(selector, (element: any) => element.innerText.trim());
  const scrape = async () => (await fetch(printed('metrics'))).text();
  const ready = async () => (await fetch(printed('health'))).status;

  beforeAll(async () => {
    // As a terminal does: Ctrl-C goes to the whole group.
    demo = spawn('sh', ['-c', DEMO], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    own(demo);
    for (const stream of [demo.stdout!, demo.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    [browser] = await Promise.all([
      startBrowser(),
      waitUntil(() => said.includes('Ctrl-C ends it.'), {
        what: 'the demo to be ready',
        timeoutMs: 90_000,
      }),
    ]);
    page = await browser.newPage();
    complaints = complaintsOf(page);
  }, 150_000);

  afterAll(async () => {
    await browser?.close();
    if (isRunning(demo)) process.kill(-demo.pid!, 'SIGKILL');
  });

  it('stands there', () => {
    const readme = readFileSync(`${root}/README.md`, 'utf8');
    expect(readme).toContain(DEMO);
    for (const what of ['board', 'locks', 'metrics', 'health', 'etcd']) {
      expect(readme).toContain(`\`${what}\``);
      expect(printed(what)).not.toBe('');
    }
  });

  it('has a board on which a lock is seen to be handed over', async () => {
    await page.goto(printed('board'));
    await waitUntil(async () => (await textOf('#live')) === 'Live');
    const holder = async () => {
      const rows = await page.$$eval('tbody tr:not(.space)', (drawn: any[]) =>
        drawn.map((row) => row.innerText.replace(/\s+/g, ' ')),
      );
      const row = rows.find((text) => /ledger:\S+ [abc] /.test(text));
      return /(ledger:\S+) ([abc]) /
        .exec(row ?? '')
        ?.slice(1)
        .join(' ');
    };
    const first = await waitUntil(holder, { what: 'a month being closed' });
    const second = await waitUntil(
      async () => {
        const now = await holder();
        return now !== undefined && now !== first && now;
      },
      { what: `another holder than ${first}`, timeoutMs: 60_000 },
    );
    expect(second).not.toBe(first);
  });

  it('shows the same facts on the command line', async () => {
    const locks = await waitUntil(async () => {
      const text = await enter(`${printed('locks')} --json`);
      const { locks } = JSON.parse(text) as { locks: ShownLock[] };
      const month = locks.find(({ key }) => key.startsWith('ledger:'));
      return month && month.waiters.length > 0 && month;
    });
    expect(locks.holders).toHaveLength(1);
    expect(['a', 'b', 'c']).toContain(locks.holders[0]!.label);
  });

  it('has its lock forced free on the board, and goes on', async () => {
    // The metrics that are looked at next are those of a.
    const lost = /lost[^\n]*ledger|ledger[^\n]*lost/i;
    const before = said.length;
    // It is at the beginning of a month that the others wait for.
    const aCloses = () =>
      page.$$eval('tbody tr', (drawn: any[]) => {
        const row = drawn.find(({ innerText }) =>
          /ledger:\S+\s+a\s/.test(innerText),
        );
        if (row?.querySelector('.queue-length')?.innerText !== '2') return;
        return row.querySelector('button.key').title as string;
      });
    await waitUntil(async () => (await aCloses()) === undefined);
    const key = await waitUntil(aCloses, {
      what: 'a to close a month',
      timeoutMs: 90_000,
    });
    await page.click(`button.key[title="${key}"]`);
    await waitUntil(() => page.$('#release'));
    await page.click('#release');
    await waitUntil(() => page.$('dialog[open]'));
    expect(await textOf('#detail-title')).toBe(key);
    await page.$$eval('dialog[open] button', (buttons: any[]) =>
      buttons.at(-1).click(),
    );
    await waitUntil(async () =>
      (await textOf('[role=status]')).includes(`${key} was taken`),
    );
    await waitUntil(() => lost.test(said.slice(before)), {
      what: 'the holder to say that it lost the lock',
    });
  });

  it('counts what happened, and tells it to Prometheus', async () => {
    await waitUntil(async () => {
      const held = [...(await scrape()).matchAll(LOST_TAKEN)];
      return held.length > 0;
    });
    expect(await scrape()).toMatch(
      /^nestjs_etcd_lock_calls_total\{lock_template="OrdersController.order",lock_outcome="acquired"[^}]*\} [1-9]/m,
    );
  });

  it('has a health that turns when etcd is stopped, and turns back', async () => {
    const [, stop, go] = /^(kill -STOP \d+).*(kill -CONT \d+)/.exec(
      printed('etcd'),
    )!;
    await waitUntil(async () => (await ready()) === 200);
    await enter(stop!);
    await waitUntil(async () => (await ready()) === 503);
    const live = printed('health').replace(/ready$/, 'live');
    expect((await fetch(live)).status).toBe(200);
    await enter(go!);
    await waitUntil(async () => (await ready()) === 200);
    await waitUntil(async () => (await textOf('#live')) === 'Live');
    expect(complaints).toEqual([]);
  });

  it('ends with Ctrl-C', async () => {
    process.kill(-demo.pid!, 'SIGINT');
    await within(ended(demo), 'the demo to end', 20_000);
    expect(said).toContain('tidying up');
  });
});

const LOST_TAKEN =
  /^nestjs_etcd_lock_lost_total\{[^}]*lock_lost_reason="taken"[^}]*\} [1-9]/gm;

interface ShownLock {
  readonly key: string;
  readonly holders: readonly { readonly label?: string }[];
  readonly waiters: readonly unknown[];
}
