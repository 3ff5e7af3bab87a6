import type { Attributes } from '@opentelemetry/api';
import type {
  CallEvent,
  LockErrorCode,
  LockEvent,
  LostReason,
} from '../core/index.js';
import {
  ERROR_TYPE,
  errorType,
  KEPT,
  LOST_REASON,
  OTHER_ERROR,
  OUTCOME,
  TEMPLATE,
} from './attributes.js';
import type { Instruments } from './instruments.js';
import { type KeyTemplateOptions, KeyTemplates } from './key-templates.js';

const OUTCOMES = ['acquired', 'busy', 'timeout'] as const;
const FAILURES = [
  'LOCK_STORE',
  'LOCK_CLOSED',
  'LOCK_CONFLICT',
] as const satisfies readonly LockErrorCode[];
const REASONS = [
  'session',
  'taken',
  'max-hold',
  'shutdown',
] as const satisfies readonly LostReason[];

/** Keeps the metrics of one client. */
export class LockMetrics {
  readonly templates: KeyTemplates;
  private readonly waiting = new Map<number, Attributes>();
  private readonly held = new Map<number, Attributes>();
  /** By their keys: whoever takes a lock again may have another template than who had it last. */
  private readonly kept = new Map<string, Attributes>();
  private readonly everKept = new Set<string>();

  constructor(
    private readonly instruments: Instruments,
    options: KeyTemplateOptions,
  ) {
    this.templates = new KeyTemplates(options, (template) =>
      this.startAtZero(template),
    );
    instruments.sessionsEndangered.add(0);
    instruments.sessionsLost.add(0);
    instruments.backgroundFailures.add(0);
  }

  record(event: LockEvent): void {
    const to = this.instruments;
    const about: Attributes =
      'key' in event ? { [TEMPLATE]: this.templates.of(event) } : {};
    switch (event.type) {
      case 'requested':
        this.waiting.set(event.call, about);
        to.waiting.add(1, about);
        return;
      case 'acquired':
        this.answered(
          event,
          about,
          { [OUTCOME]: 'acquired', ...(event.kept && { [KEPT]: true }) },
          event.waitedMs,
        );
        if (event.kept) this.keptOver(event.key);
        if (event.handOverMs !== undefined) {
          to.handOver.record(event.handOverMs / 1000, about);
        }
        this.held.set(event.call, about);
        to.held.add(1, about);
        return;
      case 'busy':
        this.answered(event, about, { [OUTCOME]: 'busy' });
        return;
      case 'timeout':
        this.answered(event, about, { [OUTCOME]: 'timeout' }, event.waitedMs);
        return;
      case 'failed':
        this.answered(
          event,
          about,
          { [OUTCOME]: 'failed', [ERROR_TYPE]: errorType(event.error) },
          event.waitedMs,
        );
        return;
      case 'released':
        this.over(event, about);
        if (event.kept) this.keptFrom(event.key, about);
        return;
      case 'kept-ended':
        this.keptOver(event.key);
        return;
      case 'lost':
        this.over(event, about);
        to.lost.add(1, { ...about, [LOST_REASON]: event.reason });
        return;
      case 'skipped':
        to.skipped.add(1, about);
        return;
      case 'renewed':
        to.margin.record(event.marginMs / event.ttlMs);
        return;
      case 'renewal-late':
        to.sessionsEndangered.add(1);
        return;
      case 'session-lost':
        to.sessionsLost.add(1);
        return;
      case 'background-failure':
        to.backgroundFailures.add(1);
        return;
      default:
    }
  }

  /** Takes back what it said of now: nobody will say when that is over. */
  stop(): void {
    for (const about of this.waiting.values()) {
      this.instruments.waiting.add(-1, about);
    }
    for (const about of this.held.values()) {
      this.instruments.held.add(-1, about);
    }
    for (const key of this.kept.keys()) this.keptOver(key);
  }

  private answered(
    { call }: CallEvent,
    about: Attributes,
    outcome: Attributes,
    waitedMs?: number,
  ): void {
    this.instruments.calls.add(1, { ...about, ...outcome });
    if (waitedMs !== undefined) {
      this.instruments.wait.record(waitedMs / 1000, {
        ...about,
        [OUTCOME]: outcome[OUTCOME],
      });
    }
    // One that was asked for before we listened was never counted.
    if (this.waiting.delete(call)) this.instruments.waiting.add(-1, about);
  }

  private over(
    { call, heldMs }: CallEvent & { readonly heldMs: number },
    about: Attributes,
  ): void {
    this.instruments.hold.record(heldMs / 1000, about);
    if (this.held.delete(call)) this.instruments.held.add(-1, about);
  }

  private keptFrom(key: string, about: Attributes): void {
    const template = String(about[TEMPLATE]);
    // Only those who keep have the series, and have it before the first is taken again.
    if (!this.everKept.has(template)) {
      this.everKept.add(template);
      const again = { ...about, [OUTCOME]: 'acquired', [KEPT]: true };
      this.instruments.calls.add(0, again);
    }
    this.kept.set(key, about);
    this.instruments.kept.add(1, about);
  }

  /** One that was kept before we listened was never counted. */
  private keptOver(key: string): void {
    const about = this.kept.get(key);
    if (about === undefined) return;
    this.kept.delete(key);
    this.instruments.kept.add(-1, about);
  }

  /** A rate can be told from the first count on only if there was a zero before it. */
  private startAtZero(template: string): void {
    const about = { [TEMPLATE]: template };
    const { calls, lost, skipped, held, waiting } = this.instruments;
    for (const outcome of OUTCOMES) {
      calls.add(0, { ...about, [OUTCOME]: outcome });
    }
    for (const type of [...FAILURES, OTHER_ERROR]) {
      calls.add(0, { ...about, [OUTCOME]: 'failed', [ERROR_TYPE]: type });
    }
    for (const reason of REASONS) {
      lost.add(0, { ...about, [LOST_REASON]: reason });
    }
    skipped.add(0, about);
    held.add(0, about);
    waiting.add(0, about);
  }
}
