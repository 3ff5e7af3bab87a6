import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rspack } from '@rspack/core';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import webpack, { type Configuration } from 'webpack';
import type { ModuleType } from './workspace.js';

export interface Bundling {
  /** A program of an application, as the compiler left it. */
  readonly entry: string;
  /** Of the program, and of the bundle. */
  readonly type: ModuleType;
  readonly directory: string;
  /** Modules that are left out, by their full names. */
  readonly external: readonly string[];
}

/** Resolves to the path of the bundle; rejects where something was not found. */
type Bundle = (bundling: Bundling) => Promise<string>;

// Their types are those of their CommonJS, which is not what is imported.
const commonjsPlugin = commonjs as unknown as typeof commonjs.default;
const jsonPlugin = json as unknown as typeof json.default;

/** With what one has to tell each of them of a program for Node, and no more. */
export const bundlers: Record<string, Bundle> = {
  async esbuild({ entry, type, directory, external }) {
    const path = join(directory, nameOf(type));
    const banner =
      "import { createRequire as own } from 'node:module'; const require = own(import.meta.url);";
    await build({
      entryPoints: [entry],
      outfile: path,
      bundle: true,
      platform: 'node',
      format: type === 'module' ? 'esm' : 'cjs',
      external: [...external],
      // Express is CommonJS, and requires modules of Node.
      ...(type === 'module' && { banner: { js: banner } }),
      logLevel: 'silent',
    });
    return path;
  },

  async rollup({ entry, type, directory, external }) {
    const left = [...external];
    const bundle = await rollup({
      input: entry,
      external: left,
      plugins: [
        nodeResolve({ exportConditions: ['node'] }),
        commonjsPlugin({ ignore: left }),
        jsonPlugin(),
      ],
      onwarn() {},
    });
    const ending = nameOf(type).replace('main', '');
    await bundle.write({
      dir: directory,
      format: type === 'module' ? 'es' : 'cjs',
      entryFileNames: nameOf(type),
      chunkFileNames: `[name]-[hash]${ending}`,
    });
    return join(directory, nameOf(type));
  },

  rspack: (bundling) => {
    const compiler = rspack(webpackOptions(bundling));
    return compiled(bundling, (done) => {
      compiler.run((error, stats) => done(error, stats));
    });
  },

  webpack: (bundling) => {
    const outputModule = bundling.type === 'module';
    const compiler = webpack({
      ...webpackOptions(bundling),
      experiments: { outputModule },
      // Takes long, and the other one does it.
      optimization: { minimize: false },
    });
    return compiled(bundling, (done) => {
      compiler.run((error, stats) => done(error, stats));
    });
  },
};

function nameOf(type: ModuleType): string {
  return type === 'module' ? 'main.mjs' : 'main.cjs';
}

/** Two compilers that take the same. */
function webpackOptions({ entry, type, directory, external }: Bundling) {
  const isModule = type === 'module';
  return {
    mode: 'production',
    target: 'node20' as const,
    entry,
    externals: [...external],
    externalsType: isModule ? 'node-commonjs' : 'commonjs',
    output: {
      path: directory,
      filename: nameOf(type),
      module: isModule,
      chunkFormat: type,
    },
  } satisfies Configuration;
}

interface Stats {
  hasErrors(): boolean;
  toString(options: { all: boolean; errors: boolean }): string;
}

function compiled(
  { directory, type }: Bundling,
  run: (done: (error: Error | null, stats?: Stats) => void) => void,
): Promise<string> {
  return new Promise((resolved, reject) => {
    run((error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors())
        reject(new Error(stats.toString({ all: false, errors: true })));
      else resolved(join(directory, nameOf(type)));
    });
  });
}
