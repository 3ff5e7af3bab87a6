import type { HistoryRecord } from '../history/history-record.js';
import type { Violation } from './violation.js';

export interface RegisterUpdates {
  readonly acknowledged: number;
  /** Acknowledged, and yet nothing of it is in the last value. */
  readonly lost: number;
}

export interface RegisterFindings {
  readonly fenced: RegisterUpdates;
  readonly unfenced: RegisterUpdates;
  readonly violations: readonly Violation[];
}

export const INITIAL_VALUE = 'initial';

/** Every value knows which one it replaced: an update is lost unless the last value leads to it. */
export function checkRegisters(
  history: readonly HistoryRecord[],
): RegisterFindings {
  const chains = new Map<string, Map<string, string>>();
  const heads = new Map<string, string>();
  for (const record of history) {
    if (record.kind !== 'write' || !record.acknowledged) continue;
    const name = nameOf(record);
    const bases = chains.get(name) ?? new Map<string, string>();
    chains.set(name, bases.set(record.value, record.base));
    heads.set(name, record.value);
  }
  const violations: Violation[] = [];
  const counts = {
    fenced: { acknowledged: 0, lost: 0 },
    unfenced: { acknowledged: 0, lost: 0 },
  };
  for (const [name, bases] of chains) {
    const fenced = name.startsWith('fenced');
    const lost = bases.size - chainLength(bases, heads.get(name)!);
    const count = fenced ? counts.fenced : counts.unfenced;
    count.acknowledged += bases.size;
    count.lost += lost;
    if (fenced && lost > 0) {
      const detail = `${name}: ${lost} of ${bases.size} acknowledged updates are lost`;
      violations.push({ check: 'registers', detail });
    }
  }
  return { ...counts, violations };
}

function nameOf(record: { fenced: boolean; register: string }): string {
  return `${record.fenced ? 'fenced' : 'unfenced'} "${record.register}"`;
}

function chainLength(bases: ReadonlyMap<string, string>, head: string): number {
  let length = 0;
  for (
    let value: string | undefined = head;
    value !== undefined && bases.has(value);
    value = bases.get(value)
  ) {
    length += 1;
  }
  return length;
}
