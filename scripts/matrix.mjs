import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, runMain } from './failure.mjs';
import { cellsOf, nameOf } from './matrix/cells.mjs';
import { keep, keptResults } from './matrix/kept.mjs';
import { optionsOf } from './matrix/options.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { title } from './stages.mjs';

await runMain(async () => {
  const options = optionsOf(process.argv.slice(2));
  await ensureDependencies();
  if (!(await ensureBuild())) throw new Failure('The build failed.');
  // They import what a fresh clone has not got.
  const { runCell } = await import('./matrix/run-cell.mjs');
  const { tableOf } = await import('./matrix/table.mjs');
  const { pageOf } = await import('./matrix/page.mjs');
  /** @type {import('./matrix/run-cell.mjs').Result[]} */
  const results = [];
  for (const cell of cellsOf(options)) {
    title(nameOf(cell));
    const result = await runCell(cell);
    console.log(tableOf([result]));
    results.push(result);
    await keep({ ...result, date: today() });
  }
  title('all');
  console.log(tableOf(results));
  if (options.docs) {
    const page = await pageOf(await keptResults());
    await writeFile(join(root, 'docs', 'compatibility.md'), page);
  }
  const sum = (/** @type {'passed' | 'failed'} */ what) =>
    results.reduce((all, result) => all + result[what], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
});

function today() {
  return new Date().toISOString().slice(0, 10);
}
