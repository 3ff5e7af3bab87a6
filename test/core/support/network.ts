import { type Fault, type FaultTarget } from '../../../lib/testing/fault.js';
import { FaultyStore } from '../../../lib/testing/faulty-store.js';
import { StoreError } from '../../../lib/core/store/lock-store.js';

type WithError = FaultTarget & { readonly error?: StoreError };

/** A faulty store that can be healed as a whole. */
export class Network extends FaultyStore {
  /** Whether anything was ever made to fail. */
  faulted = false;
  private readonly inForce: Pick<Fault, 'lift'>[] = [];

  heal(): void {
    for (const fault of this.inForce.splice(0)) fault.lift();
  }

  /** Nothing gets through in either direction; what was sent arrives when the network heals. */
  cut(): void {
    this.holdRequests({ times: Infinity });
    this.holdWatches();
  }

  override refuse(target?: WithError): Fault {
    return this.note(super.refuse(target));
  }

  override loseReplies(target?: WithError): Fault {
    return this.note(super.loseReplies(target));
  }

  override holdReplies(target?: FaultTarget): Fault {
    return this.note(super.holdReplies(target));
  }

  override holdRequests(target?: FaultTarget): Fault {
    return this.note(super.holdRequests(target));
  }

  override holdWatches(): Pick<Fault, 'lift'> {
    return this.note(super.holdWatches());
  }

  override endWatches(error?: StoreError): void {
    this.faulted = true;
    super.endWatches(error);
  }

  private note<T extends Pick<Fault, 'lift'>>(fault: T): T {
    this.faulted = true;
    this.inForce.push(fault);
    return fault;
  }
}

/** Certainly not applied, and pointless to try again. */
export function refusal(
  reason: StoreError['reason'] = 'permission-denied',
): StoreError {
  return new StoreError(reason, 'not-applied', `refused: ${reason}`);
}
