import { join } from 'node:path';
import { run } from './child.mjs';
import { runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

await runMain(async () => {
  await ensureDependencies();
  const typedoc = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { code } = await run(process.execPath, [typedoc], { cwd: root });
  return code;
});
