import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands for the payment provider: 2 to 5 ms away. */
export async function charge(): Promise<void> {
  await sleep(randomInt(2, 6));
}
