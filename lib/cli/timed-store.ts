import type {
  CallOptions,
  RangeOperation,
  Transaction,
} from '../core/index.js';
import { EtcdStore, type EtcdStoreOptions } from '../etcd/index.js';

/** Every request takes as long as the user allows, whoever makes it. */
export class TimedStore extends EtcdStore {
  constructor(
    options: EtcdStoreOptions,
    private readonly timeoutMs: number,
  ) {
    super(options);
  }

  override transact(transaction: Transaction, call: CallOptions) {
    return super.transact(transaction, { ...call, timeoutMs: this.timeoutMs });
  }

  override read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ) {
    return super.read(operation, { ...call, timeoutMs: this.timeoutMs });
  }
}
