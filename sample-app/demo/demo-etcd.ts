import { randomBytes } from 'node:crypto';
import type { Children } from './children.js';
import { reach, wipe } from './etcd-client.js';
import { startEtcd } from './etcd-server.js';
import type { Timeline } from './timeline.js';

/** The etcd of this run, and the prefix under which the demo keeps everything it writes. */
export interface DemoEtcd {
  readonly endpoints: string;
  readonly prefix: string;
  /** Of the process, where the demo has started it. */
  readonly pid?: number;
  /** Removes what the demo wrote, where the etcd goes on without it. */
  tidy(): Promise<void>;
}

export async function findEtcd(
  children: Children,
  timeline: Timeline,
): Promise<DemoEtcd> {
  const prefix = `demo-${randomBytes(4).toString('hex')}/`;
  const given = process.env.ETCD_ENDPOINTS;
  if (given) {
    await reach(given, 5_000);
    timeline.say('etcd', `${given}, everything under ${prefix}`);
    return { endpoints: given, prefix, tidy: () => wipe(given, prefix) };
  }
  const started = await startEtcd(children, timeline);
  return { ...started, prefix, tidy: async () => {} };
}
