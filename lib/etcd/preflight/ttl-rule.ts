import type { ClusterSurvey } from '../cluster-survey.js';
import { type PreflightWarning, warning } from './preflight-warning.js';

/** etcd grants no TTL under one and a half election timeouts, rounded up to whole seconds. */
const MINIMA_FOR_THREE_ELECTIONS = 2;

export function shortTtl(
  { minimumTtlMs }: ClusterSurvey,
  ttlMs: number,
): PreflightWarning[] {
  if (minimumTtlMs === undefined) return [];
  const enough = minimumTtlMs * MINIMA_FOR_THREE_ELECTIONS;
  if (ttlMs >= enough) return [];
  const found =
    ttlMs < minimumTtlMs
      ? `This etcd grants no TTL under ${minimumTtlMs} ms: locks of a process that died stay for that, not for ${ttlMs} ms.`
      : `A ttl of ${ttlMs} ms is near the shortest that this etcd grants, ${minimumTtlMs} ms.`;
  return [
    warning(
      'short-ttl',
      `${found} Under ${enough} ms, about three election timeouts, a change of etcd's leader can cost locks.`,
    ),
  ];
}
