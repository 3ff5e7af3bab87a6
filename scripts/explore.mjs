import { runMain } from './failure.mjs';
import { runProgram } from './program.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

await runMain(async () => {
  await ensureDependencies();
  return runProgram('explore/main.ts');
});
