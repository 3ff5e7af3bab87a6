import { CallFailure } from './call-failure.js';
import { type Deadline, deadlineIn, within } from './deadline.js';
import type { Exchange } from './connections.js';
import { AUTHENTICATE, type Credentials } from './wire/index.js';

/** Of an authentication by itself, whoever waits for it: checking a password takes etcd long. */
const TIMEOUT_MS = 5_000;

const NOT_ENABLED = 'etcdserver: authentication is not enabled';

type Send = (path: string, message: Buffer, deadline: Deadline) => Exchange;

/** The token that etcd gives for a password: asked for when first needed and when it is outdated. */
export class AuthToken {
  // Private to the engine, so that nothing that prints or serialises an object shows them.
  readonly #user: Credentials;
  #known: string | undefined;
  #asking: Promise<string> | undefined;

  constructor(user: Credentials) {
    this.#user = user;
  }

  /** Empty while authentication is not switched on. */
  get known(): string | undefined {
    return this.#known;
  }

  /**
   * Everybody waits for one answer, each as long as it may. What is refused to whoever asked before
   * may be granted by now, so who came later has it asked for once more.
   */
  async get(
    host: string,
    headroom: number,
    send: Send,
    deadline: Deadline,
  ): Promise<string> {
    const inTime = (asking: Promise<string>) =>
      within(
        deadline,
        asking,
        () =>
          `${host} did not check the password in the time that the call has`,
      );
    const earlier = this.#asking;
    if (earlier !== undefined) {
      try {
        return await inTime(earlier);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    this.#asking ??= this.#ask(headroom, send).finally(() => {
      this.#asking = undefined;
    });
    return inTime(this.#asking);
  }

  /** Has the next call ask for another token, unless that has happened already. */
  outdated(token: string): void {
    if (this.#known === token) this.#known = undefined;
  }

  async #ask(headroom: number, send: Send): Promise<string> {
    try {
      const message = AUTHENTICATE.encode(this.#user, headroom);
      const { reply } = send(
        AUTHENTICATE.path,
        message,
        deadlineIn(TIMEOUT_MS),
      );
      return (this.#known = AUTHENTICATE.decode(await reply).token);
    } catch (error) {
      // As other clients do: until authentication is switched on nobody needs a token.
      const off =
        error instanceof CallFailure && error.message.includes(NOT_ENABLED);
      if (off) return (this.#known = '');
      throw error;
    }
  }
}

/** Whether etcd has answered, and not with a token. */
function isRefusal(error: unknown): boolean {
  return error instanceof CallFailure && error.status !== undefined;
}
