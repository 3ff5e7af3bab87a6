import type {
  KeyRange,
  Revision,
  StoredKey,
  WatchEvent,
} from '../../core/index.js';
import {
  EVENT,
  WATCH_CANCEL_REQUEST,
  WATCH_CREATE_REQUEST,
  WATCH_REQUEST,
  WATCH_RESPONSE,
} from './fields.js';
import type { Answer } from './header.js';
import { readKeyValue, writeRange } from './key-value.js';
import type { Reader } from './reader.js';
import { WireError } from './wire-error.js';
import type { Writer } from './writer.js';

const NO_PUTS = 0;
const PUT = 0;
const DELETE = 1;

/** What a client says on a stream of watches. */
export type WatchRequest =
  | {
      readonly kind: 'create';
      /** At least 1, and not that of another watch on the stream. */
      readonly id: number;
      readonly range: KeyRange;
      readonly deletesOnly: boolean;
    }
  | { readonly kind: 'cancel'; readonly id: number };

/** What etcd says there. The events of one revision may come in several of these. */
export interface WatchReply extends Answer {
  /** -1 of a watch that was refused: it is the oldest that was asked for and not answered. */
  readonly id: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Where older ones were wanted, the oldest revision that there is; otherwise 0. */
  readonly compactRevision: Revision;
  readonly cancelReason: string;
  readonly events: readonly WatchEvent[];
}

export function writeWatch(writer: Writer, request: WatchRequest): void {
  const mark = writer.mark();
  if (request.kind === 'cancel') {
    writer.integer(WATCH_CANCEL_REQUEST.watch_id, request.id);
    writer.message(WATCH_REQUEST.cancel_request, mark);
    return;
  }
  // So that etcd may send events in pieces that are no larger than a message may be.
  writer.small(WATCH_CREATE_REQUEST.fragment, 1);
  writer.integer(WATCH_CREATE_REQUEST.watch_id, request.id);
  if (request.deletesOnly) writer.small(WATCH_CREATE_REQUEST.filters, NO_PUTS);
  writeRange(writer, WATCH_CREATE_REQUEST, request.range);
  writer.message(WATCH_REQUEST.create_request, mark);
}

export function readWatch(reader: Reader, revision: Revision): WatchReply {
  let id = 0;
  let created = false;
  let canceled = false;
  let compactRevision = 0n;
  let cancelReason = '';
  const events: WatchEvent[] = [];
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case WATCH_RESPONSE.watch_id:
        id = reader.integer();
        break;
      case WATCH_RESPONSE.created:
        created = reader.flag();
        break;
      case WATCH_RESPONSE.canceled:
        canceled = reader.flag();
        break;
      case WATCH_RESPONSE.compact_revision:
        compactRevision = reader.int64();
        break;
      case WATCH_RESPONSE.cancel_reason:
        cancelReason = reader.text();
        break;
      case WATCH_RESPONSE.events:
        events.push(readEvent(reader));
        break;
      default:
        reader.skip();
    }
  }
  return {
    id,
    created,
    canceled,
    compactRevision,
    cancelReason,
    events,
    revision,
  };
}

function readEvent(reader: Reader): WatchEvent {
  let type = PUT;
  let stored: StoredKey | undefined;
  const end = reader.enter();
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case EVENT.type:
        type = reader.integer();
        break;
      case EVENT.kv:
        stored = readKeyValue(reader);
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(end);
  if (stored === undefined) throw new WireError('an event names no key');
  if (type === PUT) return { kind: 'put', stored };
  const { key, modRevision } = stored;
  if (type === DELETE) return { kind: 'delete', key, modRevision };
  throw new WireError(`an event is of an unknown kind: ${type}`);
}
