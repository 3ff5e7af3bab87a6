const STALE_MS = 8_000;

interface Known {
  readonly left: number;
  readonly at: number;
  /** The most that it had left, which is about its TTL. */
  readonly most: number;
}

/** About how long leases last unless they are renewed. */
export class LeaseTimes {
  private known = new Map<string, Known>();

  take(times: Readonly<Record<string, number>>, at: number): void {
    for (const [lease, left] of Object.entries(times)) {
      const most = Math.max(left, this.known.get(lease)?.most ?? 0);
      this.known.set(lease, { left, at, most });
    }
    for (const [lease, known] of this.known) {
      if (at - known.at > 10 * STALE_MS) this.known.delete(lease);
    }
  }

  /** `undefined` when it is not known, or was asked too long ago. */
  of(lease: string, now: number): { left: number; share: number } | undefined {
    const known = this.known.get(lease);
    if (known === undefined || now - known.at > STALE_MS) return undefined;
    const left = Math.max(0, known.left - (now - known.at));
    return { left, share: known.most === 0 ? 0 : left / known.most };
  }
}
