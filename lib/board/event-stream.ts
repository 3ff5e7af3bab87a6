import type { Exchange } from './exchange.js';
import type { LockBoard } from './lock-board.js';

export function sendEvents(exchange: Exchange, board: LockBoard): void {
  exchange.start(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // No proxy and no compression may hold back what was written.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  if (exchange.head) {
    exchange.response.end();
    return;
  }
  exchange.request.socket.setNoDelay();
  const { response } = exchange;
  // Who left while a guard was asked is not told of again.
  if (exchange.gone) return;
  response.write('retry: 2000\n\n');
  const left = board.show(response);
  if (left === undefined) {
    response.end();
    return;
  }
  response.once('close', left);
  // A connection that is cut is a viewer that leaves.
  response.on('error', () => {});
}
