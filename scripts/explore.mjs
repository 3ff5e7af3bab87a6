import { join } from 'node:path';
import { run } from './child.mjs';
import { runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

await runMain(async () => {
  await ensureDependencies();
  const main = join(root, 'test', 'explore', 'main.ts');
  const { code } = await run(
    process.execPath,
    ['--import', 'tsx', main, ...process.argv.slice(2)],
    { cwd: root },
  );
  return code;
});
