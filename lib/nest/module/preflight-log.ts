import { Logger } from '@nestjs/common';
import {
  type Clock,
  type Duration,
  type LockStore,
  type StoreError,
  systemClock,
} from '../../core/index.js';
import { type EtcdStore, preflight } from '../../etcd/index.js';

type Surveyed = Pick<EtcdStore, 'survey'>;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

const logger = new Logger('EtcdLockModule');

/** Logs, once, what a preflight finds, as soon as etcd answers. Nobody waits for it. */
export class PreflightLog {
  private stopped = false;
  private toldOfRefusal = false;
  private cancelNext = () => {};

  constructor(
    private readonly store: Surveyed,
    private readonly ttl: Duration | undefined,
    private readonly clock: Clock = systemClock,
  ) {}

  start(): void {
    void this.attempt(FIRST_PAUSE_MS);
  }

  stop(): void {
    this.stopped = true;
    this.cancelNext();
  }

  /** An etcd that is away may come back; one that refuses waits for somebody to act. */
  private tellWhyNot({ reason, message }: StoreError): void {
    const refused =
      reason === 'unauthenticated' || reason === 'permission-denied';
    if (!refused || this.toldOfRefusal) {
      logger.debug(`The preflight waits for etcd: ${message}`);
      return;
    }
    this.toldOfRefusal = true;
    logger.error(`etcd refuses these locks: ${message}`);
  }

  private async attempt(pauseMs: number): Promise<void> {
    try {
      const { survey, warnings } = await preflight(this.store, {
        ttl: this.ttl,
      });
      if (this.stopped) return;
      for (const { severe, message, link } of warnings) {
        logger[severe ? 'error' : 'warn'](`${message} See ${link}`);
      }
      for (const what of survey.unknown) {
        logger.debug(`The preflight did not learn ${what}.`);
      }
    } catch (error) {
      if (this.stopped) return;
      this.tellWhyNot(error as StoreError);
      this.cancelNext = this.clock.setTimer(
        pauseMs,
        () => void this.attempt(Math.min(2 * pauseMs, LONGEST_PAUSE_MS)),
      );
    }
  }
}

/** Only etcd has something to survey. */
export function isSurveyed(store: LockStore): store is LockStore & Surveyed {
  return typeof (store as Partial<EtcdStore>).survey === 'function';
}
