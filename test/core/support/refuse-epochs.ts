import type { StoreError } from '../../../lib/core/store/lock-store.js';
import { refusal } from './network.js';
import { operationsOf } from './operations.js';
import type { Traffic } from './traffic.js';

/** Etcd will not have late copies put out of action. */
export function refuseEpochs(
  traffic: Traffic,
  reason: StoreError['reason'],
): void {
  const transact = traffic.transact.bind(traffic);
  traffic.transact = (transaction, call) =>
    operationsOf(transaction).some(
      (one) => one.kind === 'put' && one.key.startsWith('locks/@fence/'),
    )
      ? Promise.reject(refusal(reason))
      : transact(transaction, call);
}
