import { cpus } from 'node:os';
import type { Size } from '../bench.js';
import type { Finding } from '../figure.js';

/** Everything that one run has found; what `--json` writes. */
export interface Report {
  readonly size: Size;
  readonly machine: { readonly cores: number; readonly cpu: string };
  readonly node: string;
  readonly findings: (Finding & {
    readonly id: string;
    readonly title: string;
  })[];
  readonly notes: string[];
}

export function reportOf(size: Size): Report {
  const cores = cpus();
  return {
    size,
    machine: { cores: cores.length, cpu: cores[0]?.model ?? 'unknown' },
    node: process.version,
    findings: [],
    notes: [],
  };
}
