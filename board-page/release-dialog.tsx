import { useEffect, useRef, useState } from 'preact/hooks';
import type { Released, ShownLock } from '../lib/board/wire.js';
import { ownerName } from '../lib/board/owner-name.js';
import { SafeText } from './safe-text.js';

export interface ReleaseProps {
  /** As it was when somebody asked for the dialog. */
  readonly lock: ShownLock;
  readonly folder: string;
  readonly onEnd: (message?: string) => void;
}

/** Asks before a lock is taken away, and says what came of it. */
export function ReleaseDialog({ lock, folder, onEnd }: ReleaseProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const take = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const released = await release(folder, lock);
      onEnd(
        `${lock.key} was taken from ${released === 1 ? 'its holder' : `${released} holders`}.`,
      );
    } catch (error) {
      setFailure((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="release-title"
      onClose={() => onEnd()}
    >
      <h2 id="release-title">Take this lock away?</h2>
      <p class="mono wrap">
        <SafeText text={lock.key} />
      </p>
      <p>
        Held by{' '}
        <b>
          <SafeText text={lock.holders.map(ownerName).join(', ')} />
        </b>
        . The holder is told that it lost the lock, but work that does not
        listen goes on, beside that of the next in the queue. Do this when you
        know that the holder is stuck or gone.
      </p>
      {failure !== undefined && (
        <p role="alert" class="failure">
          <SafeText text={failure} />
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Leave it
        </button>
        <button
          type="button"
          class="danger"
          id="confirm"
          disabled={busy}
          onClick={() => void take()}
        >
          Take it away
        </button>
      </div>
    </dialog>
  );
}

async function release(folder: string, lock: ShownLock): Promise<number> {
  const query = new URLSearchParams({
    key: lock.key,
    holders: lock.holders.map(({ created }) => created).join(),
  });
  const answer = await fetch(`${folder}release?${query}`, {
    method: 'POST',
    headers: { 'x-lock-board': 'release' },
  });
  const body = (await answer.json().catch(() => ({}))) as Partial<Released> & {
    message?: string;
  };
  if (answer.ok) return body.released ?? 0;
  throw new Error(body.message ?? `The application answered ${answer.status}.`);
}
