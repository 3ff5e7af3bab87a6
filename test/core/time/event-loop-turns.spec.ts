import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../lib/core/time/clock.js';
import { EventLoopTurns } from '../../../lib/core/time/event-loop-turns.js';

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('turns of the event loop', () => {
  it('end when what others have sent was read, also where timers are late', async () => {
    const turns = new EventLoopTurns(systemClock);
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => port1.close());
    const order: string[] = [];
    const read = once(port2, 'message').then(() => order.push('read'));
    await after(1);
    port1.postMessage('from elsewhere');
    expect(turns.due).toBe(false);
    work(11);
    expect(turns.due).toBe(true);
    const turn = turns.next().then(() => order.push('turn'));
    work(3);
    await Promise.all([read, turn]);
    expect(order).toEqual(['read', 'turn']);
  });

  it('are due no more once the loop has come round', async () => {
    const turns = new EventLoopTurns(systemClock);
    expect(turns.due).toBe(false);
    work(11);
    await turns.next();
    expect(turns.due).toBe(false);
  });
});
