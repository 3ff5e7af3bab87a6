import type { ClusterSurvey } from '../cluster-survey.js';
import {
  type PreflightWarning,
  severeWarning,
  warning,
} from './preflight-warning.js';

export function differentClusters({
  hosts,
}: ClusterSurvey): PreflightWarning[] {
  const clusters = new Map(
    hosts.map(({ clusterId, host }) => [clusterId, host]),
  );
  if (clusters.size < 2) return [];
  const named = [...clusters].map(([id, host]) => `${host} (${id})`).join(', ');
  return [
    severeWarning(
      'two-clusters',
      `The hosts belong to ${clusters.size} different clusters, ${named}: two holders of one lock do not exclude each other.`,
    ),
  ];
}

export function alarms({ hosts }: ClusterSurvey): PreflightWarning[] {
  const raised = new Set(hosts.flatMap((host) => host.alarms));
  return [
    ...(raised.has('NOSPACE')
      ? [
          severeWarning(
            'no-space',
            'etcd has no space left (alarm NOSPACE): it refuses new locks, and still releases.',
          ),
        ]
      : []),
    ...(raised.has('CORRUPT')
      ? [
          severeWarning(
            'corrupt',
            'The members of etcd hold different data (alarm CORRUPT): no lock can be relied on.',
          ),
        ]
      : []),
  ];
}

export function proxies({ hosts }: ClusterSurvey): PreflightWarning[] {
  return hosts
    .filter(({ grpcProxy }) => grpcProxy)
    .map(({ host }) =>
      severeWarning(
        'grpc-proxy',
        `${host ?? 'A host'} is an etcd grpc-proxy, which confirms keep-alives on a beat of its own: a holder may believe in its lock after etcd has given it away. Name the members themselves.`,
      ),
    );
}

export function memberCount({ members }: ClusterSurvey): PreflightWarning[] {
  if (members === undefined) return [];
  const { voters } = members;
  if (voters === 1) {
    return [
      warning(
        'single-member',
        'etcd has a single member: when it is away nobody gets a lock, and when its disk is gone so are the locks.',
      ),
    ];
  }
  if (voters % 2 === 1) return [];
  return [
    warning(
      'even-members',
      `etcd has ${voters} voting members, which bear the loss of no more of them than ${voters - 1} would.`,
    ),
  ];
}

export function silentHosts({ silent }: ClusterSurvey): PreflightWarning[] {
  return silent.map(({ host, error }) =>
    warning('silent-host', `${host} does not answer: ${error.message}.`),
  );
}

export function learnerHosts({ hosts }: ClusterSurvey): PreflightWarning[] {
  return hosts
    .filter(({ learner }) => learner)
    .map(({ host }) =>
      warning(
        'learner-host',
        `${host ?? 'A host'} is a learner, which serves no locks: each attempt to use it fails.`,
      ),
    );
}
