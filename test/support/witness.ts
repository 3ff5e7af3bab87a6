import type { Lock } from '../../lib/core/index.js';
import type { WitnessRoom } from './witness-room.js';

/** What a lock is expected to let in together. */
export type Company = 'exclusive' | 'shared' | number;

export interface Visit {
  readonly token: bigint;
  readonly pid: number;
  readonly company: Company;
  /** How many others were inside when it came in. */
  readonly others: number;
}

let entries = 0;

/** Watches a room that a lock is said to guard, and knows nothing of locks. */
export class Witness<Room extends WitnessRoom = WitnessRoom> {
  constructor(readonly room: Room) {}

  /** Comes in, on behalf of a holder that may be inside in this company only; returns the way out. */
  enter(token: bigint, company: Company): () => void {
    const own = `${company} ${process.pid}-${(entries += 1)}`;
    const others = this.room.enter(own);
    if (!tolerates(company, others)) {
      this.room.write('violations', `${own} met ${others.join(', ')}`);
    }
    this.room.write(
      'visits',
      `${token} ${process.pid} ${company} ${others.length}`,
    );
    return () => this.room.leave(own);
  }

  /** Is inside for as long as the work takes. */
  async attend(
    { fencingToken }: Lock,
    work: Promise<unknown>,
    company: Company = 'exclusive',
  ): Promise<void> {
    const leave = this.enter(fencingToken, company);
    await work;
    leave();
  }

  /** In the order in which they came in. */
  get seen(): readonly Visit[] {
    return this.room.read('visits').map((line) => {
      const [token, pid, company, others] = line.split(' ');
      return {
        token: BigInt(token!),
        pid: Number(pid),
        company: (Number(company) || company) as Company,
        others: Number(others),
      };
    });
  }

  get violations(): readonly string[] {
    return this.room.read('violations');
  }

  get tokens(): readonly bigint[] {
    return this.seen.map(({ token }) => token);
  }

  /** Whether each token was greater than the one before it. */
  get tokensGrow(): boolean {
    const { tokens } = this;
    return tokens.every((token, at) => at === 0 || token > tokens[at - 1]!);
  }
}

function tolerates(company: Company, others: readonly string[]): boolean {
  if (company === 'exclusive') return others.length === 0;
  if (company === 'shared')
    return others.every((name) => name.startsWith('shared'));
  return others.length < company;
}
