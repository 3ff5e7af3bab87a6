import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which rooms of a folder import which others; files at the top are in no room. */
function arrowsIn(folder: string): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  const roomOf = (path: string) => {
    const [room, ...rest] = path.split('/');
    return rest.length > 0 ? room : undefined;
  };
  for (const file of filesOf(folder)) {
    const from = roomOf(file);
    const source = readFileSync(join(root, folder, file), 'utf8');
    for (const [, specifier] of source.matchAll(/from '(\.[^']+)'/g)) {
      const to = roomOf(normalize(join(dirname(file), specifier!)));
      if (!from || !to || to === '..' || to === from) continue;
      arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  }
  return arrows;
}

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), {
    recursive: true,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) =>
      relative(join(root, folder), join(entry.parentPath, entry.name)),
    );
}

function circleIn(arrows: ReadonlyMap<string, Set<string>>): string[] {
  const done = new Set<string>();
  const walk = (room: string, path: string[]): string[] => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room];
    if (done.has(room)) return [];
    for (const next of arrows.get(room) ?? []) {
      const circle = walk(next, [...path, room]);
      if (circle.length > 0) return circle;
    }
    done.add(room);
    return [];
  };
  return [...arrows.keys()]
    .map((room) => walk(room, []))
    .reduce((one, other) => (one.length > 0 ? one : other), []);
}

describe.each(['lib', 'lib/core', 'lib/nest', 'lib/etcd', 'lib/testing'])(
  'the rooms of %s',
  (folder) => {
    it('import each other in one direction only', () => {
      expect(circleIn(arrowsIn(folder))).toEqual([]);
    });

    it('hold more than one file each', () => {
      const counts = new Map<string, number>();
      for (const file of filesOf(folder)) {
        const room = dirname(file).split('/')[0]!;
        if (room === '.') continue;
        counts.set(room, (counts.get(room) ?? 0) + 1);
      }
      expect([...counts].filter(([, count]) => count < 2)).toEqual([]);
    });
  },
);

it('finds a circle where there is one', () => {
  const arrows = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['a'])],
  ]);
  expect(circleIn(arrows)).toEqual(['a', 'b', 'c', 'a']);
});
