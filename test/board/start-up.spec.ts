import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import {
  All,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  Post,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { isLockError } from 'nestjs-etcd-lock';
import {
  EtcdLockBoardModule,
  type EtcdLockBoardOptions,
} from 'nestjs-etcd-lock/board';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { adapters } from '../nest/support/harness.js';
import { boardApplication } from './support/board-application.js';

@Injectable()
class Staff implements CanActivate {
  canActivate(context: ExecutionContext) {
    return context.switchToHttp().getRequest().headers['x-staff'] === 'yes';
  }
}

class Roster {}

@Injectable()
class OnRoster implements CanActivate {
  constructor(@Inject(Roster) private readonly roster: Roster) {}
  canActivate() {
    return this.roster instanceof Roster;
  }
}

@Module({ providers: [Roster], exports: [Roster] })
class RosterModule {}

function inProduction(): void {
  vi.stubEnv('NODE_ENV', 'production');
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function problemOf(start: Promise<unknown>): Promise<string> {
  const error = await start.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!isLockError(error, 'LOCK_CONFIGURATION')) {
    throw new Error('expected a LockConfigurationError', { cause: error });
  }
  return error.message;
}

describe('guards of the board', () => {
  it.each(adapters)('stand before every route of it on %s', async (adapter) => {
    const { url } = await boardApplication({
      adapter,
      board: { guards: [Staff], allowRelease: true },
    });
    const status = async (
      path: string,
      headers: Record<string, string> = {},
    ) => {
      const answer = await fetch(url + path, {
        headers,
        method: path.startsWith('/release') ? 'POST' : 'GET',
      });
      await answer.body?.cancel();
      return answer.status;
    };

    for (const path of [
      '',
      '/board.js',
      '/board.css',
      '/icon.svg',
      '/events',
      '/release?key=a',
    ]) {
      expect(await status(path), path).toBe(403);
    }
    for (const path of ['', '/board.js', '/events']) {
      expect(await status(path, { 'x-staff': 'yes' }), path).toBe(200);
    }
  });

  it('have what the modules of `imports` export', async () => {
    const { url } = await boardApplication({
      board: { guards: [OnRoster], imports: [RosterModule] },
    });

    expect((await fetch(url)).status).toBe(200);
  });

  it('that cannot be built stop the start, by name', async () => {
    await expect(
      boardApplication({ board: { guards: [OnRoster] } }),
    ).rejects.toThrow(/OnRoster.*Roster.*EtcdLockBoardModule/s);
  });

  it('are needed in production', async () => {
    inProduction();

    expect(await problemOf(boardApplication())).toMatch(/needs "guards"/);
  });

  it.each([
    { guards: [Staff] },
    { allowUnguarded: true, allowedHosts: ['ops.example.com'] },
  ])('are there, or not wanted, in production: %j', async (board) => {
    inProduction();

    await expect(boardApplication({ board })).resolves.toBeDefined();
  });
});

describe('the hosts of the board', () => {
  /** As a browser asks that was led to the application under another name. */
  async function statusUnder(
    host: string,
    url: string,
    path = '',
  ): Promise<number> {
    const asked = request(url + path, {
      agent: false,
      headers: { host },
      method: path.startsWith('/release') ? 'POST' : 'GET',
    });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.destroy();
    return answer.statusCode!;
  }

  it.each(adapters)(
    'are asked for every route of it on %s',
    async (adapter) => {
      const { url } = await boardApplication({
        adapter,
        board: { allowedHosts: ['ops.example.com'], allowRelease: true },
      });

      for (const path of ['', '/board.js', '/events', '/release?key=a']) {
        expect(await statusUnder('evil.test', url, path), path).toBe(403);
      }
      for (const path of ['', '/board.js', '/events']) {
        expect(await statusUnder('ops.example.com', url, path), path).toBe(200);
      }
    },
  );

  it.each([
    ['ops.example.com', 200],
    ['OPS.example.com:8443', 200],
    ['localhost:3000', 200],
    ['localhost:3001', 403],
    ['localhost', 403],
    ['ops.example.com.evil.test', 403],
    ['127.0.0.1', 403],
    ['', 403],
    ['ops.example.com@evil.test', 403],
  ])(
    'are what is listed, with the port where it is: %j',
    async (host, status) => {
      const { url } = await boardApplication({
        board: { allowedHosts: ['ops.example.com', 'localhost:3000'] },
      });

      expect(await statusUnder(host, url)).toBe(status);
    },
  );

  it.each([
    ['localhost:3000', 200],
    ['shop.localhost', 200],
    ['192.168.0.7', 200],
    ['[::1]:3000', 200],
    ['evil.test:3000', 403],
    ['localhost.evil.test', 403],
  ])(
    'are those of the machine where nothing guards it: %j',
    async (host, status) => {
      const { url } = await boardApplication();

      expect(await statusUnder(host, url)).toBe(status);
    },
  );

  it('are any where guards keep strangers away', async () => {
    const { url } = await boardApplication({
      board: { guards: [OnRoster], imports: [RosterModule] },
    });

    expect(await statusUnder('any.test', url)).toBe(200);
  });

  it('are needed in production where nothing guards it', async () => {
    inProduction();

    expect(
      await problemOf(boardApplication({ board: { allowUnguarded: true } })),
    ).toMatch(/needs "allowedHosts".*DNS rebinding/);
  });
});

describe('a path of the board', () => {
  @Controller('locks')
  class SamePage {
    @Get()
    list() {}
  }
  @Controller()
  class SameAddress {
    @All('locks/events')
    all() {}
  }
  @Controller('locks')
  class WithParameter {
    @Get(':id')
    one() {}
  }
  @Controller()
  class Beside {
    @Get('locks/:id/holder')
    holder() {}
    @Post('locks')
    post() {}
    @Get('*path')
    rest() {}
  }
  @Controller({ path: 'locks', version: '2' })
  class Versioned {
    @Get()
    list() {}
  }
  @Controller({ path: 'locks', version: VERSION_NEUTRAL })
  class Neutral {
    @Get()
    list() {}
  }

  it.each([
    ['SamePage.list()', SamePage],
    ['SameAddress.all()', SameAddress],
    ['WithParameter.one()', WithParameter],
  ])('must not collide with %s', async (name, controller) => {
    const problem = await problemOf(
      boardApplication({ controllers: [controller], prefix: 'api' }),
    );

    expect(problem).toContain(`"locks" collides with ${name}`);
  });

  it('must not collide with that of another board', async () => {
    @Module({ imports: [EtcdLockBoardModule.forRoot()] })
    class Further {}

    expect(
      await problemOf(boardApplication({ board: { imports: [Further] } })),
    ).toMatch(/collides with EtcdLockBoardController/);
  });

  it('may stand beside other routes', async () => {
    await expect(
      boardApplication({ controllers: [Beside] }),
    ).resolves.toBeDefined();
  });

  it('collides with unversioned routes alone', async () => {
    const prepare = (app: INestApplication) =>
      void app.enableVersioning({ type: VersioningType.URI });

    await expect(
      boardApplication({ controllers: [Versioned], prepare }),
    ).resolves.toBeDefined();
    expect(
      await problemOf(boardApplication({ controllers: [Neutral], prepare })),
    ).toContain('Neutral.list()');
  });
});

describe('the options of EtcdLockBoardModule', () => {
  it.each<[object, RegExp]>([
    [{ path: 'a/:b' }, /plain path such as 'ops\/locks', got 'a\/:b'/],
    [{ path: 1 }, /"path" must be a string/],
    [{ guards: Staff }, /"guards" must be an array/],
    [{ guards: [Staff, 'admin'] }, /number 2 is neither a class nor an object/],
    [{ guards: [Roster] }, /number 1 is neither/],
    [{ allowRelease: 'yes' }, /"allowRelease" must be a boolean/],
    [{ releaseGuards: [Roster], allowRelease: true }, /number 1 is neither/],
    [{ releaseGuards: [Staff] }, /"releaseGuards" goes with "allowRelease/],
    [{ allowedHosts: [] }, /at least one host/],
    [{ allowedHosts: 'localhost' }, /must be an array/],
    [{ allowedHosts: ['http://a'] }, /such as 'ops.example.com'.*"http:/],
    [{ allowedHosts: ['*'] }, /such as 'ops.example.com'/],
    [{ guard: [Staff] }, /Unknown option "guard"; did you mean "guards"\?/],
  ])('%j are refused', (options, message) => {
    expect(() =>
      EtcdLockBoardModule.forRoot(options as EtcdLockBoardOptions),
    ).toThrow(message);
  });
});
