import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../scripts/child.mjs';
import { root } from '../../../scripts/repository.mjs';
import { removeDirectory } from '../../support/owned-process.js';
import { temporaryDirectory } from './tarball.js';

export type Dependencies = Readonly<Record<string, string>>;
export type ModuleType = 'module' | 'commonjs';

export interface Compilation {
  /** The name that TypeScript is installed under. */
  readonly compiler: string;
  /** Also of the resolution. */
  readonly module: string;
}

const SOURCES = join(root, 'test', 'package', 'application');
const BOTH_TYPES = ['module', 'commonjs'] as const;

/** As `nest new` writes them; and the types of the libraries are checked, too. */
const COMPILER_OPTIONS = {
  target: 'ES2022',
  lib: ['ES2022'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
  isolatedModules: true,
  skipLibCheck: false,
  types: ['node'],
  rootDir: '.',
  outDir: 'dist',
};

/** A folder of fresh applications, which share the tools that are installed in it. */
export class Workspace {
  private readonly directory = temporaryDirectory('applications');

  tools(dependencies: Dependencies): Promise<void> {
    return install(this.directory, dependencies);
  }

  async application(
    name: string,
    compilation: Compilation,
    dependencies: Dependencies,
  ): Promise<Application> {
    const directory = join(this.directory, name);
    await install(directory, dependencies);
    const tools = join(this.directory, 'node_modules');
    const application = new Application(directory, tools, compilation);
    await application.write();
    return application;
  }

  remove(): void {
    removeDirectory(this.directory);
  }
}

/** The sources twice, in a folder of ES modules and in one of CommonJS modules. */
export class Application {
  constructor(
    readonly directory: string,
    private readonly tools: string,
    private readonly compilation: Compilation,
  ) {}

  async write(): Promise<void> {
    for (const type of BOTH_TYPES) {
      const sources = join(this.directory, type);
      await cp(SOURCES, sources, {
        recursive: true,
        // It has a way of its own to load each copy.
        filter: (path) => type === 'module' || !path.endsWith('both-copies.ts'),
      });
      await rename(
        join(sources, 'application.proof.ts'),
        join(sources, 'application.spec.ts'),
      );
      await writeJson(join(sources, 'package.json'), { type });
      await writeJson(join(this.directory, 'dist', type, 'package.json'), {
        type,
      });
    }
    const { module } = this.compilation;
    await this.configure('tsconfig.json', module, module);
  }

  /** Compiles to `dist`. */
  build(): Promise<string> {
    return this.compile('tsconfig.json');
  }

  /** Compiles to nowhere. */
  async check(module: string, moduleResolution: string): Promise<string> {
    const config = `tsconfig.${moduleResolution}.json`;
    await this.configure(config, module, moduleResolution);
    return this.compile(config, '--noEmit');
  }

  /** Runs a program of the application. */
  node(...args: string[]): Promise<string> {
    return runOrThrow(process.execPath, args, {
      cwd: this.directory,
      env: environment(),
    });
  }

  /** Runs a program of the application on the runtime that `npm run matrix` asks for, or on Node. */
  start(program: string): Promise<string> {
    const asked = process.env['APPLICATION_RUNTIME'];
    if (!asked) return this.node(program);
    const [runtime, ...args] = JSON.parse(asked) as [string, ...string[]];
    return runOrThrow(runtime, [...args, program], {
      cwd: this.directory,
      env: environment(),
    });
  }

  /** Runs a program of one of the tools. */
  tool(program: string, ...args: string[]): Promise<string> {
    return this.node(join(this.tools, program), ...args);
  }

  private compile(config: string, ...args: string[]): Promise<string> {
    return this.tool(
      `${this.compilation.compiler}/bin/tsc`,
      '-p',
      config,
      ...args,
    );
  }

  private configure(
    name: string,
    module: string,
    moduleResolution: string,
  ): Promise<void> {
    return writeJson(join(this.directory, name), {
      compilerOptions: { ...COMPILER_OPTIONS, module, moduleResolution },
      include: BOTH_TYPES,
    });
  }
}

export async function install(
  directory: string,
  dependencies: Dependencies,
): Promise<void> {
  await writeJson(join(directory, 'package.json'), {
    private: true,
    dependencies,
  });
  await runOrThrow(
    'npm',
    [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--strict-peer-deps',
    ],
    { cwd: directory, env: environment() },
  );
}

/** Without what npm and vitest tell the programs that they start. */
function environment(): NodeJS.ProcessEnv {
  const meant = /^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$)/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !meant.test(name)),
  );
}

async function writeJson(path: string, content: object): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, JSON.stringify(content));
}
