import type { IMemberListResponse, IStatusResponse } from 'etcd3';
import { CallsInFlight } from './calls-in-flight.js';
import type {
  ClusterSurvey,
  HostSurvey,
  SilentHost,
} from './cluster-survey.js';
import type { Connections, HostConnections } from './connections.js';
import { deadlineIn } from './deadline.js';
import { LEASE_GRANT, LEASE_REVOKE, MEMBER_LIST, STATUS } from './methods.js';
import { storeErrorOf } from './store-error.js';
import { UnaryCalls } from './unary-calls.js';

interface Probe extends HostConnections {
  readonly calls: UnaryCalls;
}

/** Takes one {@link ClusterSurvey}. */
export class Surveyor {
  private readonly probes: readonly Probe[];
  private readonly unknown: string[] = [];

  constructor(connections: Connections) {
    // Its own: to close this must not cancel the calls of anybody else.
    const inFlight = new CallsInFlight();
    this.probes = connections.apart(inFlight).map((host) => ({
      ...host,
      calls: new UnaryCalls(host.connections, inFlight),
    }));
  }

  async survey(timeoutMs: number): Promise<ClusterSurvey> {
    const answers = await Promise.all(
      this.probes.map((probe) => this.hostOf(probe, timeoutMs)),
    );
    const hosts = answers.filter((answer) => 'version' in answer);
    const silent = answers.filter((answer) => 'error' in answer);
    const first = this.probes.find((_, index) => 'version' in answers[index]!);
    if (first === undefined) throw silent[0]!.error;
    const [members, minimumTtlMs, authenticated] = await Promise.all([
      this.membersOf(first, timeoutMs),
      this.minimumTtlOf(first, timeoutMs),
      this.isAuthenticated(first, timeoutMs),
    ]);
    return {
      hosts,
      silent,
      members,
      minimumTtlMs,
      authenticated,
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
  ): Promise<HostSurvey | SilentHost> {
    try {
      return hostSurvey(host, await calls.call(STATUS, {}, timeoutMs));
    } catch (error) {
      return { host, error: storeErrorOf(error, 'none') };
    }
  }

  private membersOf({ calls }: Probe, timeoutMs: number) {
    return this.tried('the members', async () =>
      membersIn(await calls.call(MEMBER_LIST, {}, timeoutMs)),
    );
  }

  private minimumTtlOf({ calls }: Probe, timeoutMs: number) {
    return this.tried('the shortest TTL', async () => {
      const { ID, TTL } = await calls.call(LEASE_GRANT, { TTL: 1 }, timeoutMs);
      // If it cannot be ended it ends by itself.
      await calls.call(LEASE_REVOKE, { ID }, timeoutMs).catch(() => {});
      return Number(TTL) * 1000;
    });
  }

  private async isAuthenticated({ connections }: Probe, timeoutMs: number) {
    const token = await this.tried('the user', async () => {
      const { metadata } = await connections.to('KV', deadlineIn(timeoutMs));
      return metadata.get('token');
    });
    return token !== undefined && token.length > 0;
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
  { header, version, isLearner, errors, dbSize }: IStatusResponse,
): HostSurvey {
  return {
    host,
    clusterId: hexadecimal(header.cluster_id),
    memberId: hexadecimal(header.member_id),
    version,
    learner: isLearner,
    // Such as "memberID:10276657743932975437 alarm:NOSPACE ".
    alarms: errors.flatMap((text) => /alarm:(\w+)/.exec(text)?.[1] ?? []),
    databaseBytes: Number(dbSize),
  };
}

function membersIn({ members }: IMemberListResponse) {
  const learners = members.filter(({ isLearner }) => isLearner).length;
  return { voters: members.length - learners, learners };
}

function hexadecimal(id: string): string {
  return BigInt(id).toString(16);
}
