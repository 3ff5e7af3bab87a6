import type { StoreError } from '../core/index.js';
import { askAround, type Asking } from './ask-around.js';
import { CallFailure, STATUS, StreamRefused } from './call-failure.js';
import type {
  Connection,
  Connections,
  Exchange,
  Route,
} from './connections.js';
import { type Deadline, deadlineIn, timeLeft } from './deadline.js';
import { goesElsewhere } from './goes-elsewhere.js';
import type { ProcessHold } from './process-hold.js';
import { closedError, storeErrorOf, unsendable } from './store-error.js';
import type { Method } from './wire/index.js';

/** Who refuses so many times in a row does not merely replace its connections now and then. */
const MOST_REFUSALS = 10;

/**
 * While somebody changes the rights of whomever, or switches authentication off and on, every call may meet
 * these, also several times in a row: they say nothing of the user.
 */
const RIGHTS_CHANGED = [
  'etcdserver: revision of auth store is old',
  'etcdserver: user name is empty',
];

/** One request, one reply. Every rejection is a `StoreError`. */
export class UnaryCalls {
  private readonly underWay = new Set<Exchange>();
  private closed = false;

  constructor(
    private readonly connections: Connections,
    private readonly hold: ProcessHold,
  ) {}

  async call<Request, Reply>(
    method: Method<Request, Reply>,
    request: Request,
    timeoutMs: number,
  ): Promise<Reply> {
    this.hold.take();
    try {
      const route = this.connections.route();
      const deadline = deadlineIn(timeoutMs);
      const ask = (asking?: Asking) =>
        this.ask(method, request, { route, deadline, asking });
      return method.effect === 'none' && route.left > 1
        ? await askAround(route, deadline, ask)
        : await this.askInTurn(route, deadline, ask);
    } catch (error) {
      const failure = storeErrorOf(error, method.effect);
      throw this.closed ? closedError(failure.outcome) : failure;
    } finally {
      this.hold.release();
    }
  }

  /** Calls under way are rejected, also those that etcd goes on with. */
  close(): void {
    this.closed = true;
    for (const exchange of this.underWay) exchange.cancel();
  }

  /** Asks the next host only when it is certain that this one has done nothing. */
  private async askInTurn<Reply>(
    route: Route,
    deadline: Deadline,
    ask: () => Promise<Reply>,
  ): Promise<Reply> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const failure = error as StoreError;
        const canGoOn = route.left > 0 && timeLeft(deadline) > 0;
        if (!canGoOn || !goesElsewhere(failure)) throw route.verdict(failure);
      }
    }
  }

  /**
   * Asks one host: once more where its answer is that the token is outdated, for etcd looks at that
   * before it looks at the request, and more often where rights were changed meanwhile, or where the
   * connection took no more calls.
   */
  private async ask<Request, Reply>(
    method: Method<Request, Reply>,
    request: Request,
    {
      route,
      deadline,
      asking,
    }: { route: Route; deadline: Deadline; asking: Asking | undefined },
  ): Promise<Reply> {
    let renewals = 0;
    for (let refusals = 0; ;) {
      if (this.closed) throw closedError('not-applied');
      const connection = await route.next(deadline);
      try {
        if (this.closed) throw closedError('not-applied');
        const message = encoded(method, request, this.connections.headroom);
        const exchange = connection.send(method.path, message, deadline);
        this.underWay.add(exchange);
        asking?.sent(connection, exchange);
        try {
          return method.decode(await exchange.reply);
        } finally {
          this.underWay.delete(exchange);
        }
      } catch (error) {
        const failure = storeErrorOf(error, method.effect);
        route.failed(connection, failure);
        if (failure.outcome !== 'not-applied') throw failure;
        if (failure.reason === 'unauthenticated' && connection.renewsToken) {
          const changed = RIGHTS_CHANGED.some((words) =>
            failure.message.includes(words),
          );
          const most = changed ? MOST_REFUSALS : 1;
          if ((renewals += 1) > most) throw failure;
        } else if (error instanceof StreamRefused) {
          if ((refusals += 1) > MOST_REFUSALS) throw failure;
          // A connection that closed before it was the call's turn has refused nothing.
        } else if (!unsent(error)) throw failure;
        else if (timeLeft(deadline) === 0) throw outOfTime(connection);
        route.again(connection);
      }
    }
  }
}

function encoded<Request>(
  { encode }: Method<Request, unknown>,
  request: Request,
  headroom: number,
): Buffer {
  try {
    return encode(request, headroom);
  } catch (error) {
    throw unsendable(error);
  }
}

/** Whatever became of the connection: there was no time for another. */
function outOfTime({ host }: Connection): StoreError {
  const words = `${host} did not answer in time`;
  return storeErrorOf(
    new CallFailure(words, STATUS.deadlineExceeded, false),
    'none',
  );
}

/** The connection ended before anything of the call had left. */
function unsent(error: unknown): boolean {
  return (
    error instanceof CallFailure && error.status === undefined && !error.reached
  );
}
