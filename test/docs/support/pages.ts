import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Page {
  /** From the root: `docs/recipes.md`. */
  readonly path: string;
  readonly text: string;
}

export function page(path: string): Page {
  return { path, text: readFileSync(ROOT + path, 'utf8') };
}

/** Everything that is written for those who use the library or work on it. */
export function pages(): Page[] {
  const inDocs = readdirSync(`${ROOT}docs`, { recursive: true })
    .map((path) => `docs/${String(path).replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md'))
    .sort();
  return [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'RELEASING.md',
    'SECURITY.md',
    'sample-app/README.md',
    ...inDocs,
  ].map(page);
}
