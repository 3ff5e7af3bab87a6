import { describe, expect, it } from 'vitest';
import { visibleText } from '../../board-page/visible-text.js';

describe('a text from etcd', () => {
  it.each([
    ['order:42 ✓ 鍵 é', 'order:42 ✓ 鍵 é'],
    ['a\u0000b\u001b[31m', 'a\\u0000b\\u001b[31m'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u200b\u2028', 'a\\u200b\\u2028'],
    ['a\u3164b', 'a\\u3164b'],
    ['a\u00a0b', 'a\\u00a0b'],
    ['a\ud800', 'a\\ud800'],
    ['a\u{e0041}1', 'a\\u{e0041}1'],
  ])('%j is shown as %s', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });
});
