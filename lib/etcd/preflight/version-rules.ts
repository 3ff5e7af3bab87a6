import type { ClusterSurvey } from '../cluster-survey.js';
import { parseVersion } from './etcd-version.js';
import { type PreflightWarning, warning } from './preflight-warning.js';
import { faultsOf, releaseWithout } from './version-faults.js';

const OLDEST_MINOR = 4;

export function versionWarnings(survey: ClusterSurvey): PreflightWarning[] {
  return [...versionsIn(survey)].flatMap((version) =>
    verdictOn(version, survey.authenticated),
  );
}

export function mixedVersions(survey: ClusterSurvey): PreflightWarning[] {
  const versions = versionsIn(survey);
  if (versions.size < 2) return [];
  return [
    warning(
      'mixed-versions',
      `The members of etcd run different versions, ${[...versions].join(', ')}. That is meant for the time of an update only.`,
    ),
  ];
}

function versionsIn({ hosts }: ClusterSurvey): ReadonlySet<string> {
  return new Set(hosts.map(({ version }) => version));
}

function verdictOn(text: string, withUsers: boolean): PreflightWarning[] {
  const version = parseVersion(text);
  if (version === undefined) return [];
  if (version.minor < OLDEST_MINOR) {
    return [
      warning(
        'etcd-version',
        `etcd ${text} is older than any that these locks were tried on.`,
      ),
    ];
  }
  const faults = faultsOf(version, withUsers);
  if (faults.length === 0) return [];
  const consequences = faults.map(({ consequence }) => consequence).join('; ');
  return [
    warning(
      'etcd-version',
      `etcd ${text} has faults that matter to locks: ${consequences}. They are mended in ${releaseWithout(faults, version.minor)}.`,
    ),
  ];
}
