import { type ClientRequest, request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Greeting, ShownLock, Update } from '../../../lib/board/wire.js';
import { waitUntil } from '../../support/wait-until.js';

/** A page that looks at the board, without a browser. */
export class Looker {
  readonly locks = new Map<string, ShownLock>();
  readonly updates: Update[] = [];
  greeting: Greeting | undefined;
  trouble: string | null | undefined;
  status = 0;
  headers: NodeJS.Dict<string | string[]> = {};
  ended = false;
  /** Whether it was told that it has all locks. */
  whole = false;
  private text = '';
  private readonly sent: ClientRequest;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.sent = request(url, { headers, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      response.setEncoding('utf8').on('data', (text: string) => {
        this.text += text;
        const events = this.text.split('\n\n');
        this.text = events.pop()!;
        for (const event of events) this.read(event);
      });
      response.on('close', () => (this.ended = true));
      response.on('error', () => {});
      this.response = response;
    });
    this.sent.on('error', () => (this.ended = true));
    this.sent.end();
    onTestFinished(() => this.leave());
  }

  private response: { pause(): void; resume(): void } | undefined;

  leave(): void {
    this.sent.destroy();
  }

  /** Reads nothing more, as a page on a slow line. */
  pause(): void {
    this.response?.pause();
  }

  resume(): void {
    this.response?.resume();
  }

  lock(key: string): ShownLock | undefined {
    return [...this.locks.values()].find((lock) => lock.key === key);
  }

  async complete(): Promise<this> {
    await waitUntil(() => this.whole, {
      what: 'the whole picture',
    });
    return this;
  }

  async sees(condition: () => unknown, what = 'what is expected') {
    await waitUntil(() => Boolean(condition()), { what });
  }

  private read(event: string): void {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
    if (name === 'greeting') this.greeting = JSON.parse(data!) as Greeting;
    if (name !== 'update') return;
    const update = JSON.parse(data!) as Update;
    this.updates.push(update);
    for (const lock of update.locks) this.locks.set(lock.id, lock);
    for (const id of update.gone) this.locks.delete(id);
    this.whole = update.complete ?? this.whole;
    if (update.trouble !== undefined) this.trouble = update.trouble;
  }
}
