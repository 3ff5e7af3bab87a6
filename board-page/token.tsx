import type { ShownToken } from '../lib/board/wire.js';

const SIGNS = { exact: '', seen: '≈ ', least: '≥ ' };
const WORDS = { exact: '', seen: 'about ', least: 'at least ' };
const REASONS = {
  exact: 'The fencing token: this holder never waited for this lock.',
  seen: 'The revision at which the board saw the lock handed over. The fencing token is about this.',
  least:
    'The fencing token is not in etcd, and the board did not see the lock handed over. It is not less than this.',
};

export function Token({
  token: { value, how },
}: {
  readonly token: ShownToken;
}) {
  return (
    <span title={REASONS[how]}>
      <span aria-hidden="true" class="faint">
        {SIGNS[how]}
      </span>
      <span class="hidden">{WORDS[how]}</span>
      {value}
    </span>
  );
}
