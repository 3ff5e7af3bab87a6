import type { Road } from '../../support/road.js';
import type { Login } from '../login.js';

export interface TortureWorkerSettings {
  readonly who: string;
  /** Which of the workers it is, whatever its incarnation. */
  readonly index: number;
  readonly kind: 'client' | 'nest';
  readonly road: Road;
  /** None for those who never log in. */
  readonly auth?: Login;
  readonly hosts: readonly string[];
  readonly namespace: string;
  readonly ttlMs: number;
  readonly callers: number;
  readonly seed: number;
  /** Where its history goes. */
  readonly directory: string;
}

/** A call to the registers, which live with the driver. */
export interface RegisterCall {
  readonly call: number;
  readonly register: string;
  readonly action:
    | { readonly kind: 'claim'; readonly token: bigint }
    | { readonly kind: 'read'; readonly fenced: boolean }
    | {
        readonly kind: 'write';
        /** Without one the register takes whatever comes. */
        readonly token?: bigint;
        readonly base: string;
        readonly value: string;
      };
}

export interface RegisterReply {
  readonly accepted: boolean;
  readonly value: string;
}
