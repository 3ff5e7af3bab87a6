import { runMain } from './failure.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { build } from './setup/dist.mjs';

await runMain(async () => {
  await ensureDependencies();
  return (await build()) ? 0 : 1;
});
