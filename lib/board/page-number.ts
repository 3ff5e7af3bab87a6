/**
 * The locks are divided into so many pages, by their ids: whoever missed changes is sent the pages
 * that changed.
 */
export const PAGES = 512;

export function pageNumber(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) {
    hash = (Math.imul(hash, 31) + id.charCodeAt(index)) | 0;
  }
  return (hash >>> 0) % PAGES;
}
