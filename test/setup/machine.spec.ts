import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  problemWithStrace,
  theImpossible,
} from '../../scripts/setup/machine.mjs';

describe('what a machine does not let tests do', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'machine-'));
    vi.stubEnv('PATH', directory);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  const strace = (script: string) =>
    writeFileSync(join(directory, 'strace'), `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });

  it('is left out, and said with its reason', async () => {
    const { args, notes } = await theImpossible();
    expect(args).toContain('--exclude=**/*.strace-spec.ts');
    expect(notes.join('\n')).toMatch(/strace-spec.*strace is missing/);
  });

  it('includes what has a program, and not the right to use it', async () => {
    strace('echo "ptrace: Operation not permitted" >&2; exit 1');
    expect(await problemWithStrace()).toMatch(/not permitted/);
    strace('exit 0');
    expect(await problemWithStrace()).toBeUndefined();
  });
});
