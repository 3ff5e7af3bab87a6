import { StoreError } from '../core/index.js';
import type { Connection, Exchange, Route } from './connections.js';
import { type Deadline, timeLeft } from './deadline.js';
import { goesElsewhere } from './goes-elsewhere.js';

/** Hears how far one of several askings has got. */
export interface Asking {
  sent(connection: Connection, exchange: Exchange): void;
}

/**
 * Asks one host after the other, and takes the first answer. A host that is silent for its share of
 * the time is not given up: it may be slow, and so may be all others.
 *
 * Only for what may be asked twice.
 */
export function askAround<Reply>(
  route: Route,
  deadline: Deadline,
  ask: (asking: Asking) => Promise<Reply>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const exchanges = new Set<Exchange>();
    let underWay = 0;
    let timer: NodeJS.Timeout | undefined;
    let over = false;

    function finish(how: () => void): void {
      over = true;
      clearTimeout(timer);
      how();
      for (const exchange of exchanges) exchange.cancel();
    }

    function askNext(): void {
      clearTimeout(timer);
      underWay += 1;
      ask({ sent }).then(
        (reply) => {
          if (!over) finish(() => resolve(reply));
        },
        (error: StoreError) => {
          underWay -= 1;
          if (!over) onFailure(error);
        },
      );
    }

    function sent(connection: Connection, exchange: Exchange): void {
      if (over) {
        exchange.cancel();
        return;
      }
      exchanges.add(exchange);
      if (route.left === 0) return;
      const share = timeLeft(deadline) / (route.left + 1);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (route.left === 0) return;
        route.failed(connection, silence(connection, share));
        askNext();
      }, share);
      timer.unref();
    }

    function onFailure(error: StoreError): void {
      if (!goesElsewhere(error)) finish(() => reject(error));
      else if (route.left > 0 && timeLeft(deadline) > 0) askNext();
      else if (underWay === 0) finish(() => reject(route.verdict(error)));
    }

    askNext();
  });
}

function silence({ host }: Connection, ms: number): StoreError {
  const message = `${host} did not answer within ${Math.round(ms)} ms`;
  return new StoreError('timeout', 'not-applied', message);
}
