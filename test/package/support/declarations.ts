import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What a file of types needs besides files of its own package, however far away. */
export function packagesNamedBy(entry: string): readonly string[] {
  const packages = new Set<string>();
  const files = new Set([entry]);
  for (const file of files) {
    const { importedFiles, typeReferenceDirectives, referencedFiles } =
      ts.preProcessFile(readFileSync(file, 'utf8'));
    for (const { fileName } of [
      ...importedFiles,
      ...typeReferenceDirectives,
      ...referencedFiles,
    ]) {
      if (!fileName.startsWith('.')) packages.add(fileName);
      else files.add(join(file, '..', fileName.replace(/\.js$/, '.d.ts')));
    }
  }
  return [...packages].sort();
}
