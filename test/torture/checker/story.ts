import type {
  Fact,
  HistoryRecord,
  OperationFact,
} from '../history/history-record.js';

type Asked = Extract<OperationFact, { kind: 'invoke' }>;

/** A history made by hand. Records stand in the order of their times, in ms. */
export class Story {
  private readonly records: HistoryRecord[] = [];
  private ids = 0;

  at(mono: number, who: string, fact: Fact): this {
    this.records.push({ mono, wall: mono, who, ...fact });
    return this;
  }

  /** Asks for a key; what becomes of it is told with the number that this returns. */
  asks(
    mono: number,
    who: string,
    keys: string | readonly string[],
    terms: Partial<Pick<Asked, 'mode' | 'permits' | 'keep' | 'waitMs'>> = {},
  ): number {
    const id = (this.ids += 1);
    this.at(mono, who, {
      kind: 'invoke',
      id,
      keys: [keys].flat(),
      mode: 'exclusive',
      waitMs: null,
      ...terms,
    });
    return id;
  }

  /** Asks, and holds from the first time to the second. */
  holds(
    [from, to]: readonly [number, number],
    who: string,
    keys: string | readonly string[],
    terms: Partial<Pick<Asked, 'mode' | 'permits' | 'keep'>> & {
      readonly token?: number;
      readonly put?: number;
      readonly asked?: number;
    } = {},
  ): this {
    const { token = from, put = token, asked = from, ...rest } = terms;
    const id = this.asks(asked, who, keys, rest);
    return this.at(from, who, {
      kind: 'ok',
      id,
      token: String(token),
      put: String(put),
      left: to - from,
    }).at(to, who, { kind: 'releasing', id, left: 1 });
  }

  /** etcd was away for this time; all who had to be were told by `toldBy`. */
  restored(
    [from, until, toldBy]: readonly [number, number, number],
    { backup, bump = 0 }: { readonly backup: number; readonly bump?: number },
  ): this {
    return this.at(until, 'driver', {
      kind: 'restored',
      from,
      backup: String(backup),
      bump: String(bump),
      toldBy,
    });
  }

  get history(): HistoryRecord[] {
    return [...this.records].sort((one, other) => one.mono - other.mono);
  }
}
