import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { ensureChromium } from '../../../scripts/setup/chromium.mjs';
import { own } from '../../support/owned-process.js';
import { newDirectory } from '../../support/own-server.js';

/** A real Chromium with a profile of its own. */
export async function startBrowser(): Promise<Browser> {
  const browser = await puppeteer.launch({
    executablePath: await ensureChromium(),
    userDataDir: newDirectory('chromium'),
    // Root has no sandbox; the page comes from this test.
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
    protocolTimeout: 60_000,
  });
  const child = browser.process();
  if (child) own(child);
  return browser;
}

/** What a page must not say: errors of scripts and breaches of its policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const type = message.type();
    if (type === 'error' || type === 'warn') complaints.push(message.text());
  });
  return complaints;
}
