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

  it.each([{ guards: [Staff] }, { allowUnguarded: true }])(
    'are there, or not wanted, in production: %j',
    async (board) => {
      inProduction();

      await expect(boardApplication({ board })).resolves.toBeDefined();
    },
  );
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
  it('are what they were when the module was described', async () => {
    inProduction();
    const board = { guards: [Staff], allowRelease: false };
    const application = boardApplication({ board });
    board.allowRelease = true;
    board.guards = [];
    const { url } = await application;
    const answer = await fetch(`${url}/release?key=a`, {
      method: 'POST',
      headers: { 'x-staff': 'yes' },
    });
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('switched off'),
    ]);
  });

  it.each<[object, RegExp]>([
    [{ path: 'a/:b' }, /plain path such as 'ops\/locks', got 'a\/:b'/],
    [{ path: 1 }, /"path" must be a string/],
    [{ guards: Staff }, /"guards" must be an array/],
    [{ guards: [Staff, 'admin'] }, /number 2 is neither a class nor an object/],
    [{ guards: [Roster] }, /number 1 is neither/],
    [{ allowRelease: 'yes' }, /"allowRelease" must be a boolean/],
    [{ guard: [Staff] }, /Unknown option "guard"; did you mean "guards"\?/],
  ])('%j are refused', (options, message) => {
    expect(() =>
      EtcdLockBoardModule.forRoot(options as EtcdLockBoardOptions),
    ).toThrow(message);
  });
});
