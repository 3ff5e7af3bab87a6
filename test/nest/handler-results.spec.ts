import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  Req,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import {
  concat,
  interval,
  map,
  NEVER,
  Observable,
  of,
  retry,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DistributedLock, LockService } from 'nestjs-etcd-lock';
import { adapters, gate, listen, tally, World } from './support/harness.js';

/** What a test and its handlers share. */
class Stage {
  readonly entered = gate();
  readonly left = gate();
  readonly clientLeft = gate();
  readonly chunks = new PassThrough();
  teardowns = 0;
  calls = 0;

  watch(request: { socket: Socket }): void {
    this.entered.open();
    request.socket.once('close', () => setImmediate(this.clientLeft.open));
  }
}

@Injectable()
class TwiceInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(retry(1));
  }
}

@Controller()
class Results {
  constructor(@Inject(Stage) private readonly stage: Stage) {}

  @Get('promise')
  @DistributedLock('key')
  async promise() {
    return 'value';
  }

  @Get('promise-by-argument')
  @DistributedLock(() => 'key')
  async promiseByArgument() {
    return 'value';
  }

  @Get('value')
  @DistributedLock('key')
  value(): any {
    return 'value';
  }

  @Get('observable')
  @DistributedLock('key')
  observable(): Observable<string> {
    return of('first', 'value');
  }

  @Get('observable-by-argument')
  @DistributedLock(() => 'key')
  observableByArgument(): Observable<string> {
    return of('first', 'value');
  }

  @Get('slow')
  @DistributedLock('key')
  async slow(@Req() request: any) {
    this.stage.watch(request);
    await this.stage.left.passed;
    return 'value';
  }

  @Get('slow-observable')
  @DistributedLock('key')
  slowObservable(): Observable<string> {
    this.stage.entered.open();
    return new Observable(() => () => (this.stage.teardowns += 1));
  }

  @Sse('sse')
  @DistributedLock('key')
  sse(): Observable<{ data: number }> {
    return concat(of(1, 2), NEVER).pipe(map((data) => ({ data })));
  }

  @Sse('sse-by-argument')
  @DistributedLock(() => 'key')
  sseByArgument(): Observable<{ data: number }> {
    return interval(1).pipe(map((data) => ({ data })));
  }

  @Sse('sse-slow-start')
  @DistributedLock('key')
  async sseSlowStart(
    @Req() request: any,
  ): Promise<Observable<{ data: number }>> {
    this.stage.watch(request);
    await this.stage.left.passed;
    return of({ data: 1 });
  }

  @Get('file')
  @DistributedLock('key')
  async file() {
    return new StreamableFile(this.stage.chunks);
  }

  @Get('file-by-argument')
  @DistributedLock(() => 'key')
  async fileByArgument() {
    return new StreamableFile(this.stage.chunks);
  }

  @Get('lost-file')
  @DistributedLock('key', { maxHold: 40 })
  async lostFile() {
    return new StreamableFile(this.stage.chunks);
  }

  @Get('generator')
  @DistributedLock('key')
  async *generator() {
    for await (const chunk of this.stage.chunks) yield String(chunk);
  }

  @Get('generator-by-argument')
  @DistributedLock(() => 'key')
  async *generatorByArgument() {
    for await (const chunk of this.stage.chunks) yield String(chunk);
  }

  @Get('by-hand')
  @DistributedLock('key')
  async byHand(@Res() response: any) {
    Readable.from(this.stage.chunks).pipe(response.raw ?? response);
  }

  @Get('failing-observable')
  @DistributedLock('key')
  failing(): Observable<never> {
    return throwError(() => new Error('of the method'));
  }

  @Get('twice')
  @DistributedLock('key', { waitTimeout: 0 })
  @UseInterceptors(TwiceInterceptor)
  async twice() {
    this.stage.calls += 1;
    if (this.stage.calls === 1) throw new Error('first');
    return 'value';
  }

  @Get('twice-by-argument')
  @DistributedLock(() => 'key', { waitTimeout: 0 })
  @UseInterceptors(TwiceInterceptor)
  async twiceByArgument() {
    this.stage.calls += 1;
    if (this.stage.calls === 1) throw new Error('first');
    return 'value';
  }

  @Get('itself')
  @DistributedLock('key', { waitTimeout: 0 })
  async itself(): Promise<string> {
    this.stage.calls += 1;
    return this.stage.calls < 3 ? this.itself() : 'value';
  }

  @Get('another')
  @DistributedLock('key', { waitTimeout: 0 })
  async another() {
    return this.other();
  }

  @DistributedLock('other', { waitTimeout: 0 })
  async other() {
    return 'value';
  }
}

async function results(adapter: (typeof adapters)[number]) {
  const world = new World();
  const stage = new Stage();
  const { app, url } = await listen(
    {
      imports: [world.module],
      controllers: [Results],
      providers: [{ provide: Stage, useValue: stage }, TwiceInterceptor],
    },
    adapter,
  );
  const seen = tally(app.get(LockService).client);
  return {
    world,
    stage,
    seen,
    isHeld: () => world.isHeld('key'),
    get: (path: string) => fetch(`${url}/${path}`),
    open: (path: string) => open(`${url}/${path}`),
    start: (path: string) => start(`${url}/${path}`),
  };
}

/** A request whose answer nobody waits for. */
function start(url: string) {
  return request(url)
    .on('error', () => {})
    .end();
}

/** A response that is read piece by piece and can be left. */
async function open(url: string) {
  const sent = request(url);
  sent.on('error', () => {});
  const response = await new Promise<IncomingMessage>((resolve) =>
    sent.on('response', resolve).end(),
  );
  response.on('error', () => {});
  const pieces = response[Symbol.asyncIterator]();
  return {
    response,
    next: async () => String((await pieces.next()).value),
    rest: async () => {
      let text = '';
      for await (const piece of { [Symbol.asyncIterator]: () => pieces }) {
        text += String(piece);
      }
      return text;
    },
    leave: () => sent.destroy(),
  };
}

describe.each(adapters)('on %s', (adapter) => {
  it.each([
    'promise',
    'promise-by-argument',
    'value',
    'observable',
    'observable-by-argument',
    'another',
  ])('%s: the lock is released once when the answer comes', async (path) => {
    const { get, seen, isHeld } = await results(adapter);

    const response = await get(path);

    expect(await response.text()).toBe('value');
    expect(await isHeld()).toBe(false);
    const locks = path === 'another' ? 2 : 1;
    expect(seen.count('acquired')).toBe(locks);
    expect(seen.count('released')).toBe(locks);
  });

  it('an Observable that fails releases the lock', async () => {
    const { get, isHeld } = await results(adapter);

    expect((await get('failing-observable')).status).toBe(500);
    expect(await isHeld()).toBe(false);
  });

  it.each(['file', 'file-by-argument', 'generator', 'generator-by-argument'])(
    '%s: the lock is held until the last piece is sent',
    async (path) => {
      const { open, stage, seen, isHeld } = await results(adapter);
      stage.chunks.write('first ');
      const { next, rest } = await open(path);

      expect(await next()).toBe('first ');
      expect(await isHeld()).toBe(true);
      stage.chunks.end('last');
      expect(await rest()).toBe('last');
      await expect.poll(isHeld).toBe(false);
      expect(seen.count('acquired')).toBe(1);
      expect(seen.count('released')).toBe(1);
    },
  );

  it.each(['file', 'file-by-argument', 'generator', 'by-hand'])(
    '%s: the lock is released once when the client leaves half-way',
    async (path) => {
      const { open, stage, seen, isHeld } = await results(adapter);
      stage.chunks.write('first ');
      const { next, leave } = await open(path);
      expect(await next()).toBe('first ');
      expect(await isHeld()).toBe(true);

      leave();

      await expect.poll(isHeld).toBe(false);
      expect(seen.count('released')).toBe(1);
    },
  );

  it('by-hand: the lock is held until the handler has answered', async () => {
    const { open, stage, isHeld } = await results(adapter);
    stage.chunks.write('first ');
    const { next, rest } = await open('by-hand');

    expect(await next()).toBe('first ');
    expect(await isHeld()).toBe(true);
    stage.chunks.end('last');
    expect(await rest()).toBe('last');
    await expect.poll(isHeld).toBe(false);
  });

  it('a file whose lock is lost is cut off, not completed', async () => {
    const { open, stage } = await results(adapter);
    stage.chunks.write('first ');
    const { rest } = await open('lost-file');

    await expect(rest()).rejects.toThrow(/aborted/);
  });

  it.each(['sse', 'sse-by-argument'])(
    '%s: the lock is held until the client leaves',
    async (path) => {
      const { open, seen, isHeld } = await results(adapter);
      const { next, leave } = await open(path);
      while (!/data: \d/.test(await next()));
      expect(await isHeld()).toBe(true);

      leave();

      await expect.poll(isHeld).toBe(false);
      expect(seen.count('acquired')).toBe(1);
      expect(seen.count('released')).toBe(1);
    },
  );

  it.each(['slow', 'sse-slow-start'])(
    '%s: a client that leaves does not end the lock of a method that runs',
    async (path) => {
      const { start, stage, seen, isHeld } = await results(adapter);
      const sent = start(path);
      await stage.entered.passed;

      sent.destroy();
      await stage.clientLeft.passed;

      expect(await isHeld()).toBe(true);
      expect(seen.count('released')).toBe(0);
      stage.left.open();
      await expect.poll(isHeld).toBe(false);
      expect(seen.count('released')).toBe(1);
    },
  );

  it('a client that leaves ends an Observable and its lock', async () => {
    const { start, stage, isHeld } = await results(adapter);
    const sent = start('slow-observable');
    await stage.entered.passed;

    sent.destroy();

    await expect.poll(isHeld).toBe(false);
    expect(stage.teardowns).toBe(1);
  });

  it.each(['twice', 'twice-by-argument'])(
    '%s: an interceptor may call the method again',
    async (path) => {
      const { get, stage, isHeld } = await results(adapter);

      expect(await (await get(path)).text()).toBe('value');
      expect(stage.calls).toBe(2);
      expect(await isHeld()).toBe(false);
    },
  );

  it('a handler may call itself', async () => {
    const { get, seen } = await results(adapter);

    expect(await (await get('itself')).text()).toBe('value');
    expect(seen.count('acquired')).toBe(1);
  });
});
