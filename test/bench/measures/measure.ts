import type { Bench } from '../bench.js';
import type { Finding } from '../figure.js';

export interface Measure {
  readonly id: `P${number}`;
  readonly title: string;
  run(bench: Bench): Promise<Finding>;
}
