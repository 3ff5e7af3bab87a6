/** Something the reader can put right: shown as its message, without a stack. */
export class Failure extends Error {}

/** @param {unknown} error */
export function report(error) {
  console.error(error instanceof Failure ? `\n${error.message}` : error);
}

/**
 * Sets the process's exit code to what `main` resolves with, or to 1 when it fails.
 *
 * @param {() => Promise<number>} main
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
