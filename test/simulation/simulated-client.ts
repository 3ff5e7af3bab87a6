import { LockClient } from '../../lib/core/index.js';
import { NetworkLink } from './network-link.js';
import type { Random } from './random.js';
import { SimulatedProcess } from './simulated-process.js';
import type { Weather } from './weather.js';
import { NAMESPACE, type World } from './world.js';

export interface ClientTerms {
  readonly name: string;
  readonly ttlMs: number;
  readonly weather: Weather;
  readonly laggingMembers: number;
  /** How much its clocks run fast or slow. */
  readonly rate: number;
  readonly maxKept: number;
}

/** An instance of an application: a process, its network, and its locks. */
export class SimulatedClient {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly link: NetworkLink;
  readonly locks: LockClient;
  readonly requestTimeoutMs: number;
  /** Leases it no longer relies on, and since when; the cluster may not have ended them yet. */
  readonly lostLeases = new Map<bigint, number>();
  closing: Promise<void> | undefined;

  constructor(world: World, random: Random, terms: ClientTerms) {
    const { name, ttlMs, weather, rate } = terms;
    this.name = name;
    this.process = new SimulatedProcess(name, world.timeline, random, rate);
    this.link = new NetworkLink(world, this.process, weather);
    this.link.laggingMembers = terms.laggingMembers;
    this.requestTimeoutMs = Math.min(5000, ttlMs * 0.3);
    this.locks = new LockClient({
      store: this.link,
      namespace: NAMESPACE,
      ttl: ttlMs,
      label: name,
      clock: this.process.clock,
      random: () => random.next(),
      maxKept: terms.maxKept,
    });
    this.locks.subscribe((event) => {
      world.trace(name, () => `event ${describe(event)}`);
      if (event.type === 'session-lost')
        this.lostLeases.set(BigInt(`0x${event.lease}`), world.timeline.now);
    });
  }

  close(): Promise<void> {
    this.closing ??= this.locks.close();
    return this.closing;
  }

  /** Vanishes. What it has sent is on its way. */
  kill(): void {
    this.process.kill();
    this.link.drop();
  }
}

function describe(event: { at: number; type: string }): string {
  return JSON.stringify({ ...event, at: undefined }, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    return value instanceof Error ? value.message : value;
  });
}
