import type { WatchListener } from '../core/index.js';
import type {
  ClusterSurvey,
  HostSurvey,
  SilentHost,
} from './cluster-survey.js';
import type { Connections, HostConnections } from './connections.js';
import { deadlineIn, within } from './deadline.js';
import type { ProcessHold } from './process-hold.js';
import { storeErrorOf } from './store-error.js';
import { UnaryCalls } from './unary-calls.js';
import { Watches } from './watches.js';
import {
  LEASE_GRANT,
  LEASE_REVOKE,
  MEMBER_LIST,
  type MemberStatus,
  STATUS,
} from './wire/index.js';

const ANY_KEY = { key: '\0' };

interface Probe extends HostConnections {
  readonly calls: UnaryCalls;
}

interface OpenHost {
  readonly host: string | undefined;
  readonly status: MemberStatus;
}

/** It answers, and does not tell this user what it is. */
interface ReservedHost {
  readonly host: string | undefined;
  readonly reserved: string;
}

/** Takes one {@link ClusterSurvey}. */
export class Surveyor {
  private readonly probes: readonly Probe[];
  private readonly unknown: string[] = [];

  constructor(
    connections: Connections,
    private readonly hold: ProcessHold,
  ) {
    this.probes = connections.apart().map((host) => ({
      ...host,
      calls: new UnaryCalls(host.connections, hold),
    }));
  }

  async survey(timeoutMs: number): Promise<ClusterSurvey> {
    const answers = await Promise.all(
      this.probes.map((probe) => this.hostOf(probe, timeoutMs)),
    );
    const silent = answers.filter((answer) => 'error' in answer);
    const first = this.probes.find((_, index) => !('error' in answers[index]!));
    if (first === undefined) throw silent[0]!.error;
    for (const answer of answers) {
      if ('reserved' in answer) {
        const which = answer.host ?? 'the host';
        this.unknown.push(`what ${which} is: ${answer.reserved}`);
      }
    }
    const [proxies, members, minimumTtlMs, authenticated] = await Promise.all([
      this.proxiesAmong(answers, timeoutMs),
      this.membersOf(first, timeoutMs),
      this.minimumTtlOf(first, timeoutMs),
      this.isAuthenticated(first, timeoutMs),
    ]);
    return {
      hosts: answers.flatMap((answer, index) =>
        'status' in answer
          ? [hostSurvey(answer.host, answer.status, proxies[index])]
          : [],
      ),
      silent,
      members,
      minimumTtlMs,
      authenticated: authenticated ?? false,
      unknown: this.unknown,
    };
  }

  /** Calls under way are given up. */
  close(): void {
    for (const { calls, connections } of this.probes) {
      calls.close();
      connections.close();
    }
  }

  private async hostOf(
    { host, calls }: Probe,
    timeoutMs: number,
  ): Promise<OpenHost | SilentHost | ReservedHost> {
    try {
      return { host, status: await calls.call(STATUS, undefined, timeoutMs) };
    } catch (error) {
      const failure = storeErrorOf(error, 'none');
      // From 3.5 on, etcd tells what it is to users with rights only.
      const reserved =
        failure.reason === 'permission-denied' ||
        failure.message.includes('user name is empty');
      return reserved
        ? { host, reserved: failure.message }
        : { host, error: failure };
    }
  }

  private proxiesAmong(
    answers: readonly object[],
    timeoutMs: number,
  ): Promise<(boolean | undefined)[]> {
    return Promise.all(
      this.probes.map(async (probe, index) => {
        if (!('status' in answers[index]!)) return undefined;
        const what = `whether ${probe.host ?? 'it'} is a grpc-proxy`;
        return this.tried(what, () => this.numbersAnew(probe, timeoutMs));
      }),
    );
  }

  private async numbersAnew(
    { connections }: Probe,
    timeoutMs: number,
  ): Promise<boolean | undefined> {
    const watches = new Watches(connections, this.hold);
    const created = new Promise<void>((resolve, reject) => {
      const listener: WatchListener = {
        created: () => resolve(),
        events() {},
        ended: (error) => reject(error),
      };
      watches.watch(ANY_KEY, listener, { deletesOnly: true });
    });
    const late = () => 'no watch was created in time';
    try {
      await within(deadlineIn(timeoutMs), created, late);
      return watches.renumbered;
    } finally {
      watches.close();
    }
  }

  private membersOf({ calls }: Probe, timeoutMs: number) {
    return this.tried('the members', async () => {
      const { voters, learners } = await calls.call(
        MEMBER_LIST,
        undefined,
        timeoutMs,
      );
      return { voters, learners };
    });
  }

  private minimumTtlOf({ calls }: Probe, timeoutMs: number) {
    return this.tried('the shortest TTL', async () => {
      const request = { ttlSeconds: 1 };
      const { id, ttlMs } = await calls.call(LEASE_GRANT, request, timeoutMs);
      // If it cannot be ended it ends by itself.
      await calls.call(LEASE_REVOKE, id, timeoutMs).catch(() => {});
      return ttlMs;
    });
  }

  private isAuthenticated({ connections }: Probe, timeoutMs: number) {
    return this.tried('the user', async () => {
      const { authenticated } = await connections
        .route()
        .next(deadlineIn(timeoutMs));
      return authenticated;
    });
  }

  private async tried<T>(
    what: string,
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.unknown.push(`${what}: ${storeErrorOf(error, 'none').message}`);
      return undefined;
    }
  }
}

function hostSurvey(
  host: string | undefined,
  status: MemberStatus,
  grpcProxy: boolean | undefined,
): HostSurvey {
  const { clusterId, memberId, version, learner, errors, databaseBytes } =
    status;
  return {
    host,
    // In hexadecimal, as `etcdctl` shows them.
    clusterId: clusterId.toString(16),
    memberId: memberId.toString(16),
    version,
    learner,
    // Such as "memberID:10276657743932975437 alarm:NOSPACE ".
    alarms: errors.flatMap((text) => /alarm:(\w+)/.exec(text)?.[1] ?? []),
    databaseBytes,
    grpcProxy,
  };
}
