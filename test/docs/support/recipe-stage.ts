import type {
  INestApplication,
  INestApplicationContext,
  ModuleMetadata,
  Provider,
  Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { EtcdLockModule, LockService } from 'nestjs-etcd-lock';
import { type Etcd, startEtcd } from '../../support/etcd.js';
import { codeBlocks } from './code-blocks.js';
import { Extraction } from './extraction.js';
import { page } from './pages.js';

/** An etcd, and the recipes as the page has them. */
export class RecipeStage {
  private readonly files = new Map<string, string>();

  private constructor(
    readonly etcd: Etcd,
    private readonly extraction: Extraction,
  ) {
    for (const block of codeBlocks(page('docs/recipes.md'))) {
      if (block.file === undefined) continue;
      this.files.set(block.file, extraction.addProgram(block));
    }
  }

  static async open(): Promise<RecipeStage> {
    return new RecipeStage(await startEtcd(), new Extraction());
  }

  async close(): Promise<void> {
    this.extraction.remove();
    await this.etcd.stop();
  }

  /** The classes that a recipe exports, by name. */
  async recipe(file: string): Promise<(name: string) => Type<never>> {
    const exports = (await import(this.files.get(file)!)) as Record<
      string,
      Type<never> | undefined
    >;
    return (name) => {
      const found = exports[name];
      if (found === undefined) throw new Error(`${file} exports no ${name}.`);
      return found;
    };
  }

  /** Two instances of an application, each with locks of its own on the same etcd. */
  async twoInstances<T>(
    recipeClass: Type<T>,
    ...others: Provider[]
  ): Promise<[T, T, LockService]> {
    const start = async () => {
      const app = await this.application({
        providers: [recipeClass, ...others],
      });
      return app.init();
    };
    const [one, two] = await Promise.all([start(), start()]);
    return [one.get(recipeClass), two.get(recipeClass), one.get(LockService)];
  }

  /** An instance with locks of its own on the same etcd, which closes after the test. */
  async application(metadata: ModuleMetadata): Promise<INestApplication> {
    const module = await Test.createTestingModule({
      ...metadata,
      imports: [
        EtcdLockModule.forRoot({ hosts: this.etcd.endpoints }),
        ...(metadata.imports ?? []),
      ],
    }).compile();
    const app = module.createNestApplication({
      forceCloseConnections: true,
      logger: false,
    });
    onTestFinished(() => app.close());
    return app;
  }

  locksOf(app: INestApplicationContext): LockService {
    return app.get(LockService);
  }
}
