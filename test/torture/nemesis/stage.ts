import type { Random } from '../../simulation/random.js';
import type { Cluster } from '../cluster.js';
import type { CrewMember } from '../crew/crew-member.js';
import type { Registers } from '../crew/registers.js';
import type { HistoryFile } from '../history/history-file.js';
import type { Conditions } from '../network/conditions.js';
import type { Rights } from '../rights.js';

/** Everything that can be made to fail. */
export interface Stage {
  readonly cluster: Cluster;
  readonly conditions: Conditions;
  readonly crew: readonly CrewMember[];
  readonly registers: Registers;
  readonly rights: Rights;
  readonly history: HistoryFile;
  readonly namespace: string;
  readonly ttlMs: number;
  readonly random: Random;
  /** Processes that are stopped or gone at the moment, by name. */
  readonly down: Set<string>;
}

/** What is wrong now, and how to put it right. */
export interface Trouble {
  readonly detail: string;
  readonly lastsMs: number;
  heal(): void | Promise<void>;
}

export interface Fault {
  readonly kind: string;
  readonly weight: number;
  /** Resolves with undefined when it is not possible at the moment. */
  begin(stage: Stage): Promise<Trouble | undefined>;
}

/** For what is over as soon as it has happened. */
export function done(detail: string): Trouble {
  return { detail, lastsMs: 0, heal: () => {} };
}
