import type { Visit } from './visits.js';

/** What a runner is to do: its callers take and give back locks, again and again. */
export interface Load {
  readonly callers: number;
  /**
   * - `one`: everybody wants the same key
   * - `own`: every caller has `keysPerCaller` keys of its own and takes one after the other
   * - `fresh`: a key that nobody has used before, each time
   */
  readonly keys: 'one' | 'own' | 'fresh';
  /** @default 1 */
  readonly keysPerCaller?: number;
  /** How long a holder stays inside; by default it leaves at once. */
  readonly stayMs?: number;
  /** Keys of one load begin with this, so that loads do not meet. */
  readonly prefix: string;
  /** When the callers begin, in ms since the epoch: the same for all runners. */
  readonly from: number;
  /** The callers begin no cycle after this moment. Those that have begun are counted. */
  readonly until: number;
  /** Ends the load earlier, after this many cycles. */
  readonly cycles?: number;
}

export interface Outcome {
  readonly cycles: number;
  /** Until the last of the cycles had ended. */
  readonly seconds: number;
  /** Half of the cycles took less. */
  readonly p50Ms: number;
  /** Attempts that the peer gave up, so that the caller had to begin again. */
  readonly refused: number;
  /** What was seen inside a key that everybody wanted. Others were checked by the runner. */
  readonly visits: readonly Visit[];
  readonly violations: readonly string[];
}

export function cyclesPerSecond({ cycles, seconds }: Outcome): number {
  return cycles / seconds;
}
