import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
  type PipeTransform,
  Query,
  Req,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import {
  concat,
  concatMap,
  interval,
  map,
  NEVER,
  Observable,
  of,
  retry,
  throwError,
} from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DistributedLock, fromContext, LockService } from 'nestjs-etcd-lock';
import { NEST_SENDS_GENERATORS } from '../support/nest-version.js';
import {
  adapters,
  gate,
  listen,
  loseAll,
  tally,
  World,
} from './support/harness.js';

/** What a test and its handlers share. */
class Stage {
  readonly entered = gate();
  readonly left = gate();
  readonly clientLeft = gate();
  readonly chunks = new PassThrough();
  isHeld = async () => false;
  rob = async () => {};
  teardowns = 0;
  calls = 0;

  watch(request: { socket: Socket }): void {
    this.entered.open();
    request.socket.once('close', () => setImmediate(this.clientLeft.open));
  }
}

@Injectable()
class TwiceInterceptor implements NestInterceptor {
  constructor(@Inject(Stage) private readonly stage: Stage) {}

  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      retry(1),
      concatMap(
        async (value) => `${value}, held: ${await this.stage.isHeld()}`,
      ),
    );
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
  sse(): Observable<{ data: string }> {
    return concat(of(1, 2), NEVER).pipe(
      map((data) => ({ data: String(data) })),
    );
  }

  @Sse('sse-by-argument')
  @DistributedLock(() => 'key')
  sseByArgument(): Observable<{ data: string }> {
    return interval(1).pipe(map((data) => ({ data: String(data) })));
  }

  @Sse('sse-skipped')
  @DistributedLock('key', { onBusy: 'skip' })
  sseSkipped(): Observable<{ data: string } | undefined> {
    return NEVER;
  }

  @Sse('sse-slow-start')
  @DistributedLock('key')
  async sseSlowStart(
    @Req() request: any,
  ): Promise<Observable<{ data: string }>> {
    this.stage.watch(request);
    await this.stage.left.passed;
    return of({ data: '1' });
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

  @Get('observable-twice')
  @DistributedLock('key', { waitTimeout: 0 })
  @UseInterceptors(TwiceInterceptor)
  observableTwice() {
    return this.failingFirst();
  }

  @Get('observable-twice-by-argument')
  @DistributedLock(() => 'key', { waitTimeout: 0 })
  @UseInterceptors(TwiceInterceptor)
  observableTwiceByArgument() {
    return this.failingFirst();
  }

  @Get('observable-twice-by-context')
  @DistributedLock(fromContext(() => 'key'), { waitTimeout: 0 })
  @UseInterceptors(TwiceInterceptor)
  observableTwiceByContext() {
    return this.failingFirst();
  }

  private failingFirst() {
    this.stage.calls += 1;
    return this.stage.calls === 1 ? throwError(() => 'first') : of('value');
  }

  @Get('patient')
  @DistributedLock('key', { waitTimeout: Infinity })
  async patient() {
    this.stage.calls += 1;
  }

  @Get('patient-by-argument')
  @DistributedLock(() => 'key', { waitTimeout: Infinity })
  async patientByArgument() {
    this.stage.calls += 1;
  }

  @Get('itself')
  @DistributedLock('key', { waitTimeout: 0 })
  async itself(): Promise<string> {
    this.stage.calls += 1;
    return this.stage.calls < 3 ? this.itself() : 'value';
  }

  @Get('itself-by-argument')
  @DistributedLock(() => 'key', { waitTimeout: 0 })
  async itselfByArgument(): Promise<string> {
    this.stage.calls += 1;
    return this.stage.calls < 3 ? this.itselfByArgument() : 'value';
  }

  @Get('robbed')
  @DistributedLock('key')
  async robbed() {
    await this.stage.rob();
    return 'value';
  }

  @Get('robbed-by-argument')
  @DistributedLock(() => 'key')
  async robbedByArgument() {
    await this.stage.rob();
    return 'value';
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
  stage.isHeld = () => world.isHeld('key');
  stage.rob = async () => void (await world.rival.forceRelease('key'));
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
    lose: () => loseAll(app),
    get: (path: string) => fetch(`${url}/${path}`),
    open: (path: string) => openResponse(`${url}/${path}`),
    start: (path: string) => sendRequest(`${url}/${path}`),
  };
}

/** Reads on until a piece looks like this. */
async function sees(next: () => Promise<string>, pattern: RegExp) {
  for (let piece = await next(); !pattern.test(piece); piece = await next()) {
    if (piece === 'undefined') throw new Error('The response has ended.');
  }
}

/** A request whose answer nobody waits for. */
function sendRequest(url: string) {
  return httpRequest(url)
    .on('error', () => {})
    .end();
}

/** A response that is read piece by piece and can be left. */
async function openResponse(url: string) {
  const sent = httpRequest(url);
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

const generators = ['generator', 'generator-by-argument'];
const streams = [
  'file',
  'file-by-argument',
  ...(NEST_SENDS_GENERATORS ? generators : []),
];

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

  it.each(generators)('%s: the lock is over with the answer', async (path) => {
    const { get, stage, isHeld } = await results(adapter);
    stage.chunks.end('last');

    const answer = await (await get(path)).text();

    expect(answer).toBe(NEST_SENDS_GENERATORS ? 'last' : '{}');
    await expect.poll(isHeld).toBe(false);
  });

  it('an Observable that fails releases the lock', async () => {
    const { get, isHeld } = await results(adapter);

    expect((await get('failing-observable')).status).toBe(500);
    expect(await isHeld()).toBe(false);
  });

  it.each(streams)(
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

  it.each([...streams, 'by-hand'])(
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
    const { open, stage, lose } = await results(adapter);
    stage.chunks.write('first ');
    const { next, rest } = await open('file');
    expect(await next()).toBe('first ');

    const ending = rest();
    void lose();

    await expect(ending).rejects.toThrow(/aborted/);
  });

  it.each(['sse', 'sse-by-argument'])(
    '%s: the lock is held until the client leaves',
    async (path) => {
      const { open, seen, isHeld } = await results(adapter);
      const { next, leave } = await open(path);
      await sees(next, /data: \d/);
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

  it('a skipped event stream ends without an event', async () => {
    const { world, get } = await results(adapter);
    await using lock = await world.rival.acquire('key');

    const text = await (await get('sse-skipped')).text();

    expect(lock.held).toBe(true);
    expect(text.trim()).toBe('');
  });

  it.each(['sse', 'sse-by-argument'])(
    '%s: a client that leaves gives up its place in the queue',
    async (path) => {
      const { world, start, seen } = await results(adapter);
      await using lock = await world.rival.acquire('key');
      const waiters = async () =>
        (await world.rival.inspect('key')).waiters.length;
      const sent = start(path);
      await expect.poll(waiters).toBe(1);

      sent.destroy();

      await expect.poll(waiters).toBe(0);
      expect(lock.held).toBe(true);
      expect(seen.count('acquired')).toBe(0);
    },
  );

  it.each(['patient', 'patient-by-argument'])(
    '%s: a client that leaves while its request waits ends the wait',
    async (path) => {
      const error = vi.spyOn(Logger.prototype, 'error');
      onTestFinished(() => error.mockRestore());
      const { start, stage, seen, world } = await results(adapter);
      const lock = await world.rival.acquire('key');
      const sent = start(path);
      const waiters = async () =>
        (await world.rival.inspect('key')).waiters.length;
      await expect.poll(waiters).toBe(1);

      sent.destroy();

      await expect.poll(waiters).toBe(0);
      await lock.release();
      expect(stage.calls).toBe(0);
      expect(seen.count('acquired')).toBe(0);
      expect(error).not.toHaveBeenCalled();
    },
  );

  it.each([
    'twice',
    'twice-by-argument',
    'observable-twice',
    'observable-twice-by-argument',
    'observable-twice-by-context',
  ])('%s: an interceptor may call the method again', async (path) => {
    const { get, stage, isHeld } = await results(adapter);

    expect(await (await get(path)).text()).toBe('value, held: true');
    expect(stage.calls).toBe(2);
    expect(await isHeld()).toBe(false);
  });

  it.each(['itself', 'itself-by-argument'])(
    '%s: a handler may call itself',
    async (path) => {
      const { get, seen, isHeld } = await results(adapter);

      expect(await (await get(path)).text()).toBe('value');
      expect(seen.count('acquired')).toBe(1);
      expect(await isHeld()).toBe(false);
    },
  );

  it.each(['robbed', 'robbed-by-argument'])(
    '%s: a result whose lock is found lost at the release is none',
    async (path) => {
      const { get } = await results(adapter);

      const response = await get(path);

      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ code: 'LOCK_LOST' });
    },
  );

  it('a locked method that a pipe calls is not taken for the handler', async () => {
    const world = new World();
    @Injectable()
    class Rates {
      @DistributedLock('rates')
      async load() {
        return `${await world.isHeld('rates')}`;
      }
    }
    @Injectable()
    class RatePipe implements PipeTransform<unknown, Promise<string>> {
      constructor(@Inject(Rates) private readonly rates: Rates) {}

      transform() {
        return this.rates.load();
      }
    }
    @Controller()
    class Prices {
      @Get()
      @DistributedLock(() => 'prices')
      async price(@Query('rate', RatePipe) rate: string) {
        return `${rate} ${await world.isHeld('rates')} ${await world.isHeld('prices')}`;
      }
    }
    const { url } = await listen(
      { imports: [world.module], controllers: [Prices], providers: [Rates] },
      adapter,
    );

    expect(await (await fetch(url)).text()).toBe('true false true');
  });
});
