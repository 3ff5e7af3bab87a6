import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Child, Children } from './children.js';
import { type LogLine, readLogLine, worthShowing } from './log-line.js';
import type { Timeline } from './timeline.js';

export interface Answer {
  /** `0` when the instance went away before it answered. */
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** One instance of the sample application, in a process of its own, driven over HTTP. */
export class ShopInstance {
  private readonly lines: LogLine[] = [];
  private readonly watchers = new Set<() => void>();
  /** Without a path. */
  url = '';

  private constructor(
    readonly name: string,
    private readonly child: Child,
    private readonly timeline: Timeline,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => this.hear(line));
    }
    child.once('exit', () => this.notify());
  }

  static async start(
    name: string,
    env: NodeJS.ProcessEnv,
    children: Children,
    timeline: Timeline,
  ): Promise<ShopInstance> {
    const program = fileURLToPath(new URL('../main.js', import.meta.url));
    const child = children.start(process.execPath, [program], {
      ...process.env,
      ...env,
      INSTANCE: name,
      PORT: '0',
    });
    const instance = new ShopInstance(name, child, timeline);
    const [, url] = await instance.says(/listens on (\S+)/);
    instance.url = url!;
    timeline.say(name, `pid ${child.pid}, ${url}`);
    return instance;
  }

  get boardUrl(): string {
    return `${this.url}/locks`;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a signal and tells when, as wall-clock milliseconds. */
  kill(signal: NodeJS.Signals): number {
    const at = Date.now();
    this.child.kill(signal);
    this.timeline.say(this.name, `<- ${signal}`);
    return at;
  }

  async exited(): Promise<void> {
    if (this.running) await once(this.child, 'exit');
  }

  /** Waits until the log says it; lines of the past count. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const { message } of this.lines) {
        const match = pattern.exec(message);
        if (match) return match;
      }
      if (!this.running) {
        const last = this.lines.slice(-20).map(({ message }) => message);
        throw new Error(
          `Instance ${this.name} ended before it said ${pattern}:\n${last.join('\n')}`,
        );
      }
      await new Promise<void>((resolve) => this.watchers.add(resolve));
    }
  }

  async get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  async post(path: string, body: object = {}): Promise<Answer> {
    return this.send('POST', path, body);
  }

  async put(path: string, body: object): Promise<Answer> {
    return this.send('PUT', path, body);
  }

  private async send(
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer> {
    try {
      const response = await fetch(this.url + path, {
        method,
        // A stopping instance would wait for connections that are kept open.
        headers: { 'content-type': 'application/json', connection: 'close' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
      };
    } catch {
      return { status: 0, body: {} };
    }
  }

  private hear(text: string): void {
    const line = readLogLine(text);
    this.lines.push(line);
    if (worthShowing(line)) this.timeline.say(this.name, line.message);
    this.notify();
  }

  private notify(): void {
    for (const resolve of this.watchers) resolve();
    this.watchers.clear();
  }
}
