import { parseArgs } from 'node:util';
import { runMain } from './failure.mjs';
import { tryListed } from './mutants/listed.mjs';
import { trySample } from './mutants/sample.mjs';

await runMain(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.sample === undefined)
    return tryListed(positionals.join(' ').toLowerCase());
  const [folder] = positionals;
  return trySample({
    sample: Number(values.sample),
    seed: Number(values.seed),
    ...(folder && { folder }),
  });
});
