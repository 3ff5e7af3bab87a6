import { setTimeout as pause } from 'node:timers/promises';
import { etcdFaults } from './etcd-faults.js';
import { loginFaults } from './login-faults.js';
import { memberFaults } from './member-faults.js';
import { networkFaults } from './network-faults.js';
import { restoreFault } from './restore-fault.js';
import type { Fault, Stage, Trouble } from './stage.js';
import { workerFaults } from './worker-faults.js';

const FAULTS: readonly Fault[] = [
  ...memberFaults,
  ...networkFaults,
  ...workerFaults,
  ...etcdFaults,
  ...loginFaults,
  restoreFault,
];

/**
 * Those whose kind has one of these texts in it; without any text, all of them.
 *
 * @throws {TypeError} where there is none
 */
export function faultsNamed(texts: readonly string[]): readonly Fault[] {
  if (texts.length === 0) return FAULTS;
  const chosen = FAULTS.filter(({ kind }) =>
    texts.some((text) => kind.includes(text)),
  );
  if (chosen.length > 0) return chosen;
  const kinds = FAULTS.map(({ kind }) => kind).join(', ');
  throw new TypeError(`--faults chooses among: ${kinds}.`);
}

const MOST_AT_ONCE = 5;
const MEAN_GAP_MS = 700;

/** Makes faults overlap for a while, and puts all of them right in the end. */
export class Nemesis {
  private readonly troubles = new Map<Trouble, NodeJS.Timeout>();
  private readonly pending = new Set<Promise<void>>();
  private readonly failures: unknown[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly faults: readonly Fault[],
  ) {}

  async rage(ms: number): Promise<void> {
    const { random } = this.stage;
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await pause(random.exponential(MEAN_GAP_MS));
      // Not awaited: without a quorum etcd takes long to refuse what is to be done to it.
      if (this.troubles.size < MOST_AT_ONCE) this.follow(this.strike());
    }
    while (this.troubles.size + this.pending.size > 0) {
      for (const trouble of this.troubles.keys()) this.heal(trouble);
      await Promise.all(this.pending);
    }
    if (this.failures.length > 0) throw new AggregateError(this.failures);
  }

  private async strike(): Promise<void> {
    const { faults } = this;
    const { random, history } = this.stage;
    const weights = Object.fromEntries(
      faults.map(({ kind, weight }) => [kind, weight]),
    );
    const chosen = random.weighted(weights);
    const { kind, begin } = faults.find((one) => one.kind === chosen)!;
    const trouble = await begin(this.stage).catch(() => undefined);
    if (trouble === undefined) return;
    history.add({ kind: 'fault', fault: kind, detail: trouble.detail });
    const timer = setTimeout(() => this.heal(trouble), trouble.lastsMs);
    this.troubles.set(trouble, timer);
  }

  private heal(trouble: Trouble): void {
    clearTimeout(this.troubles.get(trouble));
    this.troubles.delete(trouble);
    this.follow((async () => trouble.heal())());
  }

  private follow(work: Promise<void>): void {
    const ended = work
      .catch((error: unknown) => void this.failures.push(error))
      .finally(() => this.pending.delete(ended));
    this.pending.add(ended);
  }
}
