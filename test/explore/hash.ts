/** 52 bits of the text so far and what follows (cyrb53): enough for some millions of states. */
export function nextHash(before: number, text: string): number {
  let one = 0xdeadbeef ^ (before >>> 0);
  let two = 0x41c6ce57 ^ Math.floor(before / 2 ** 32);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one =
    Math.imul(one ^ (one >>> 16), 2246822507) ^
    Math.imul(two ^ (two >>> 13), 3266489909);
  two =
    Math.imul(two ^ (two >>> 16), 2246822507) ^
    Math.imul(one ^ (one >>> 13), 3266489909);
  return 2 ** 32 * (two & 0xfffff) + (one >>> 0);
}
