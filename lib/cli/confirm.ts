import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.js';

/** Asks the user. Only yes is a yes: not Ctrl-C, and not the end of the input. */
export async function confirmed(
  { stdin, stdout }: Terminal,
  question: string,
): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stdout });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  lines.once('SIGINT', () => gone.abort());
  try {
    const answer = await lines.question(`${question} [y/N] `, {
      signal: gone.signal,
    });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    stdout.write('\n');
    return false;
  } finally {
    lines.close();
  }
}
