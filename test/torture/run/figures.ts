import { beliefEnd, interferenceIn } from '../checker/belief.js';
import type { Verdict } from '../checker/check.js';
import type { Operation } from '../checker/operation.js';
import { isMissing } from '../checker/restore.js';
import type { RegisterUpdates } from '../checker/registers.js';
import type { HistoryRecord } from '../history/history-record.js';

export type Counts = Record<string, number>;

/** What a run went through. Counts add up over rounds, and of worst cases the worst counts. */
export interface Figures {
  operations: number;
  acquisitions: Counts;
  /** Those who were willing to wait. */
  waiters: Counts;
  refusals: Counts;
  lost: Counts;
  faults: Counts;
  fenced: RegisterUpdates;
  unfenced: RegisterUpdates;
  /** From the death of a holder to the next one who had been waiting; ms. */
  worstTakeOverMs: number;
  /** From the moment up to which a lock had said it would hold, to its signal; ms. */
  worstSignalDelayMs: number;
  /** From the first answer of a restored etcd to the loss of a lock whose ticket it has not; ms. */
  worstRestoreNewsMs: number;
}

const WORST = [
  'worstTakeOverMs',
  'worstSignalDelayMs',
  'worstRestoreNewsMs',
] as const;

export function noFigures(): Figures {
  return {
    operations: 0,
    acquisitions: {},
    waiters: {},
    refusals: {},
    lost: {},
    faults: {},
    fenced: { acknowledged: 0, lost: 0 },
    unfenced: { acknowledged: 0, lost: 0 },
    worstTakeOverMs: 0,
    worstSignalDelayMs: 0,
    worstRestoreNewsMs: 0,
  };
}

export function figuresOf(
  history: readonly HistoryRecord[],
  { operations, registers }: Verdict,
): Figures {
  const served = operations.filter(({ okAt }) => okAt !== undefined);
  const refused = operations.filter(({ failed }) => failed !== undefined);
  const patient = new Set(
    history.flatMap((one) =>
      one.kind === 'invoke' && one.waitMs !== 0 ? [`${one.who}/${one.id}`] : [],
    ),
  );
  const waited = ({ who, id }: Operation) => patient.has(`${who}/${id}`);
  return {
    operations: operations.length,
    acquisitions: tally(served, wayOf),
    waiters: {
      served: served.filter(waited).length,
      told: refused.filter(waited).length,
    },
    refusals: tally(
      refused,
      ({ failed }) =>
        `${failed!.code}${failed!.unknown ? ', outcome unknown' : ''}`,
    ),
    lost: tally(
      served.filter(({ lost }) => lost !== undefined),
      ({ lost }) => lost!.reason,
    ),
    faults: tally(
      history.flatMap((one) => (one.kind === 'fault' ? [one.fault] : [])),
      (kind) => kind,
    ),
    fenced: registers.fenced,
    unfenced: registers.unfenced,
    worstTakeOverMs: worstTakeOver(history, served),
    worstSignalDelayMs: Math.max(0, ...served.map(signalDelay)),
    worstRestoreNewsMs: worstRestoreNews(history, served),
  };
}

export function sumOf(all: readonly Figures[]): Figures {
  const total = noFigures();
  for (const one of all) {
    total.operations += one.operations;
    for (const name of [
      'acquisitions',
      'waiters',
      'refusals',
      'lost',
      'faults',
    ] as const) {
      for (const [what, count] of Object.entries(one[name])) {
        total[name][what] = (total[name][what] ?? 0) + count;
      }
    }
    for (const name of ['fenced', 'unfenced'] as const) {
      total[name] = {
        acknowledged: total[name].acknowledged + one[name].acknowledged,
        lost: total[name].lost + one[name].lost,
      };
    }
    for (const name of WORST) {
      total[name] = Math.max(total[name], one[name]);
    }
  }
  return total;
}

function tally<T>(all: readonly T[], nameOf: (one: T) => string): Counts {
  const counts: Counts = {};
  for (const one of all) {
    const name = nameOf(one);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function wayOf({ who, mode, keys }: Operation): string {
  if (who === 'etcdctl') return 'etcdctl lock';
  if (keys.length > 1) return 'several keys';
  return mode;
}

function worstTakeOver(
  history: readonly HistoryRecord[],
  served: readonly Operation[],
): number {
  const { killedAt } = interferenceIn(history);
  let worst = 0;
  for (const holder of served) {
    const died = killedAt.get(holder.who);
    if (died === undefined || holder.mode !== 'exclusive') continue;
    if (beliefEnd(holder, died) < died) continue;
    for (const key of holder.keys) {
      const heir = served.find(
        ({ keys, okAt }) => keys.includes(key) && okAt! > died,
      );
      if (heir === undefined || heir.invokedAt > died) continue;
      worst = Math.max(worst, heir.okAt! - died);
    }
  }
  return worst;
}

function worstRestoreNews(
  history: readonly HistoryRecord[],
  served: readonly Operation[],
): number {
  const delays = interferenceIn(history).restores.flatMap((restore) =>
    served
      .filter(({ lost }) => lost?.reason === 'taken')
      .filter((operation) => isMissing(operation, restore) === true)
      .map(({ lost }) => lost!.at - restore.until),
  );
  return Math.max(0, ...delays);
}

/** Of processes that ran at that time: who stood still cannot be told anything. */
const RAN_WITHIN_MS = 200;

function signalDelay({ looks, lost }: Operation): number {
  if (lost?.reason !== 'session') return 0;
  const last = looks.filter(({ at, left }) => left > 0 && at <= lost.at).at(-1);
  if (last === undefined || lost.at - last.at > RAN_WITHIN_MS) return 0;
  return lost.at - last.at - last.left;
}
