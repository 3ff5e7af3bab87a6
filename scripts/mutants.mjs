import { parseArgs } from 'node:util';
import { runMain } from './failure.mjs';
import { compareSearches } from './mutants/compared.mjs';
import { tryListed } from './mutants/listed.mjs';
import { trySample } from './mutants/sample.mjs';

await runMain(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      compare: { type: 'boolean', default: false },
      days: { type: 'string', default: '100' },
      schedules: { type: 'string', default: '1200' },
    },
  });
  const wanted = positionals.join(' ').toLowerCase();
  if (values.compare) {
    const { days, schedules } = values;
    return compareSearches({ wanted, days, schedules });
  }
  if (values.sample === undefined) return tryListed(wanted);
  const [folder] = positionals;
  return trySample({
    sample: Number(values.sample),
    seed: Number(values.seed),
    ...(folder && { folder }),
  });
});
