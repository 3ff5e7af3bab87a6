import { pageNumber, PAGES } from './page-number.js';
import { Pieces } from './pieces.js';
import type { ShownLock } from './wire.js';

/** More changes at once are not told one by one: viewers are sent the pages. */
const MOST_CHANGES = 1_500;

interface Page {
  readonly ids: Set<string>;
  version: number;
  pieces: Pieces | undefined;
}

/** What changed between two moments. */
export interface News {
  readonly from: number;
  readonly to: number;
  /** Absent where too much did. */
  readonly pieces?: Pieces;
}

/** The locks in pages, with versions that tell a viewer which of them it has to be sent. */
export class Pages {
  /** Counts the changes. */
  version = 0;
  private readonly pages: Page[] = Array.from({ length: PAGES }, () => ({
    ids: new Set(),
    version: 0,
    pieces: undefined,
  }));
  private readonly changed = new Set<string>();
  private told = 0;

  constructor(private readonly locks: ReadonlyMap<string, ShownLock>) {}

  /** The lock has changed, appeared or gone. */
  touch(id: string): void {
    this.version += 1;
    this.changed.add(id);
    const page = this.pages[pageNumber(id)]!;
    if (this.locks.has(id)) page.ids.add(id);
    else page.ids.delete(id);
    page.version = this.version;
    page.pieces = undefined;
  }

  versionOf(page: number): number {
    return this.pages[page]!.version;
  }

  piecesOf(page: number): Pieces {
    const { ids, pieces } = this.pages[page]!;
    if (pieces !== undefined) return pieces;
    const made = new Pieces([...ids], this.locks, page);
    this.pages[page]!.pieces = made;
    return made;
  }

  /** What has changed since the last call, if anything did. */
  news(): News | undefined {
    if (this.version === this.told) return undefined;
    const span = { from: this.told, to: this.version };
    this.told = this.version;
    const ids = [...this.changed];
    this.changed.clear();
    if (ids.length > MOST_CHANGES) return span;
    return { ...span, pieces: new Pieces(ids, this.locks) };
  }
}
