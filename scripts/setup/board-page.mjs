import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { root } from '../repository.mjs';

/**
 * Bundles the page of the lock board, `board-page`, into one script and one style sheet.
 *
 * @returns {Promise<{ script: string, style: string, version: string }>}
 */
export async function bundleBoardPage() {
  // A clone that is being set up does not have it yet.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['main.tsx', 'board.css'].map((name) =>
      join(root, 'board-page', name),
    ),
    bundle: true,
    minify: true,
    write: false,
    outdir: 'board',
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  });
  const [script, style] = ['.js', '.css'].map(
    (ending) =>
      outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '',
  );
  const hash = createHash('sha256').update(`${script}\0${style}`);
  return {
    script: script ?? '',
    style: style ?? '',
    version: hash.digest('hex').slice(0, 12),
  };
}
