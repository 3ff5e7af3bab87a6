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
  exchange.response.write('retry: 2000\n\n');
  if (!board.show(exchange.response)) exchange.response.end();
}
