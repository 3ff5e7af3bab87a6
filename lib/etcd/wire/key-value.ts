import type { KeyRange, StoredKey } from '../../core/index.js';
import { KEY_VALUE } from './fields.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

export function writeRange(
  writer: Writer,
  fields: { readonly key: number; readonly range_end: number },
  range: KeyRange,
): void {
  if (range.end !== undefined) writer.text(fields.range_end, range.end);
  writer.text(fields.key, range.key);
}

export function readKeyValue(reader: Reader): StoredKey {
  let key = '';
  let value = '';
  let createRevision = 0n;
  let modRevision = 0n;
  let version = 0n;
  let lease = 0n;
  const outer = reader.enter();
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case KEY_VALUE.key:
        key = reader.text();
        break;
      case KEY_VALUE.create_revision:
        createRevision = reader.int64();
        break;
      case KEY_VALUE.mod_revision:
        modRevision = reader.int64();
        break;
      case KEY_VALUE.version:
        version = reader.int64();
        break;
      case KEY_VALUE.value:
        value = reader.text();
        break;
      case KEY_VALUE.lease:
        lease = reader.int64();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { key, value, createRevision, modRevision, version, lease };
}
