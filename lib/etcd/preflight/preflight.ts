import type { Duration } from '../../core/index.js';
import { checkKnownOptions, milliseconds } from '../../core/internal.js';
import type { ClusterSurvey } from '../cluster-survey.js';
import type { EtcdStore } from '../etcd-store.js';
import {
  alarms,
  differentClusters,
  learnerHosts,
  memberCount,
  proxies,
  silentHosts,
} from './cluster-rules.js';
import type { PreflightWarning } from './preflight-warning.js';
import { shortTtl } from './ttl-rule.js';
import { mixedVersions, versionWarnings } from './version-rules.js';

/** The options of `preflight`. */
export interface PreflightOptions {
  /** What the locks are to be taken with. @default 15 s */
  readonly ttl?: Duration | undefined;
  /** For one call; there are up to three in a row. @default 5 s */
  readonly timeout?: Duration | undefined;
}

/** What was found out about an etcd, and what of it harms locks. */
export interface Preflight {
  readonly survey: ClusterSurvey;
  /** The severe ones first. */
  readonly warnings: readonly PreflightWarning[];
}

/**
 * Looks for what is known to harm locks: the versions of etcd, its members and alarms, a TTL that
 * is short for this etcd. What it does not find it does not promise: it sees only the hosts that
 * the store was given, and only this moment. It opens and ends a lease of a second.
 *
 * @throws {StoreError} when no host answers
 * @throws {LockConfigurationError} for wrong options
 *
 * @example
 * const store = new EtcdStore({ hosts: 'http://127.0.0.1:2379' });
 * const { warnings } = await preflight(store, { ttl: '15s' });
 * for (const { message, link } of warnings) console.warn(message, link);
 */
export async function preflight(
  store: Pick<EtcdStore, 'survey'>,
  options: PreflightOptions = {},
): Promise<Preflight> {
  checkKnownOptions(options, ['ttl', 'timeout']);
  const { ttl = '15s', timeout = '5s' } = options;
  const ttlMs = milliseconds('ttl', ttl);
  const timeoutMs = milliseconds('timeout', timeout);
  const survey = await store.survey({ timeoutMs });
  return { survey, warnings: warningsOf(survey, ttlMs) };
}

export function warningsOf(
  survey: ClusterSurvey,
  ttlMs: number,
): readonly PreflightWarning[] {
  return [
    ...differentClusters(survey),
    ...alarms(survey),
    ...proxies(survey),
    ...versionWarnings(survey),
    ...mixedVersions(survey),
    ...memberCount(survey),
    ...silentHosts(survey),
    ...learnerHosts(survey),
    ...shortTtl(survey, ttlMs),
  ];
}
