import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRegisters } from '../checker/registers.js';
import { HistoryFile, readHistory } from '../history/history-file.js';
import type { RegisterCall } from '../worker/worker-settings.js';
import { Registers } from './registers.js';

describe('registers', () => {
  let directory: string;
  let history: HistoryFile;
  let registers: Registers;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'registers-'));
    history = new HistoryFile(directory, 'driver');
    registers = new Registers(history);
  });
  afterEach(() => {
    history.close();
    rmSync(directory, { recursive: true });
  });

  const ask = (action: RegisterCall['action']) =>
    registers.answer({ call: 1, register: 'k', action });

  it('refuse a late write where they are fenced, and lose an update where not', () => {
    ask({ kind: 'claim', token: 1n });
    const slow = ask({ kind: 'read', fenced: true }).value;
    expect(ask({ kind: 'claim', token: 2n }).accepted).toBe(true);
    const base = ask({ kind: 'read', fenced: true }).value;
    const quick = { kind: 'write', base, value: 'quick' } as const;
    const late = { kind: 'write', base: slow, value: 'late' } as const;
    expect(ask({ ...quick, token: 2n }).accepted).toBe(true);
    expect(ask({ ...late, token: 1n }).accepted).toBe(false);
    expect(ask(quick).accepted).toBe(true);
    expect(ask(late).accepted).toBe(true);
    expect(ask({ kind: 'claim', token: 1n }).accepted).toBe(false);
    expect(checkRegisters(readHistory(directory))).toMatchObject({
      fenced: { acknowledged: 1, lost: 0 },
      unfenced: { acknowledged: 2, lost: 1 },
      violations: [],
    });
  });

  it('take lower tokens once their fences are cleared, and no late write of before', () => {
    ask({ kind: 'claim', token: 9n });
    const base = ask({ kind: 'read', fenced: true }).value;
    expect(ask({ kind: 'claim', token: 5n }).accepted).toBe(false);
    registers.clearFences();
    const late = { kind: 'write', base, value: 'late' } as const;
    expect(ask({ ...late, token: 9n }).accepted).toBe(false);
    expect(ask({ kind: 'claim', token: 5n }).accepted).toBe(true);
    expect(ask({ ...late, token: 9n }).accepted).toBe(false);
  });
});
