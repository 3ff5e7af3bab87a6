import type { TicketState } from '../core/index.js';
import type { Sighting } from './shown-lock.js';
import type { ShownToken } from './wire.js';

/**
 * A holder's fencing token is not in etcd. It is the ticket's create revision if the ticket never
 * waited; else the revision of the event that let it in, or a greater one.
 */
export function shownToken(
  { mode, createRevision }: TicketState,
  waited: boolean,
  { kind, revision }: Sighting,
): ShownToken {
  if (kind === 'change' && mode === 'exclusive') {
    // Nothing had happened since it was created, and it was the holder.
    if (revision === createRevision) return shown(revision, 'exact');
    if (waited) return shown(revision, 'seen');
  }
  return shown(createRevision, 'least');
}

function shown(revision: bigint, how: ShownToken['how']): ShownToken {
  return { value: revision.toString(), how };
}
