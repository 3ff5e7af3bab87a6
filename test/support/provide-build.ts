import { ensureBuild } from '../../scripts/setup/dist.mjs';

/** Runs once before the tests that start the built programs. */
export async function setup(): Promise<void> {
  if (!(await ensureBuild())) throw new Error('The build failed.');
}
