import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../lib/cli/printable.js';

/** Of code units, so also of halves of surrogate pairs. */
const anyString = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it.each([
    ['order:42', 'order:42'],
    ['größer 鍵 \u{1f512}', 'größer 鍵 \u{1f512}'],
    ['\u001b[31m', '\\u001b[31m'],
    ['\u009b31m', '\\u009b31m'],
    ['a\r\nb\tc\u0000', 'a\\u000d\\u000ab\\u0009c\\u0000'],
    ['\u202egnp\u2066', '\\u202egnp\\u2066'],
    ['\u2028', '\\u2028'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\udb40\\udc41'],
  ])('writes %j so that it is only text', (text, safe) => {
    expect(printable(text)).toBe(safe);
  });
});

describe('printable JSON', () => {
  it('is one line without anything that acts on a terminal, and means the same', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const json = JSON.stringify({ [text]: text });
        expect(printable(json)).not.toMatch(ACTING);
        expect(JSON.parse(printable(json))).toEqual(JSON.parse(json));
      }),
    );
  });
});
