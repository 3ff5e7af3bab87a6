import type { EtcdVersion } from './etcd-version.js';

/** The first good patch of each minor version that had the fault; none will be where it is `Infinity`. */
type Patches = Readonly<Record<number, number>>;

export interface VersionFault {
  /** etcd's own issue, pull request or advisory. */
  readonly id: string;
  readonly consequence: string;
  /** Minor versions after the last one named never had it. */
  readonly mendedIn: Patches;
  /** Where only later patches of a minor version have it. */
  readonly since?: Patches;
  readonly onlyWithUsers?: true;
}

/** Faults of etcd that matter to locks. */
export const VERSION_FAULTS: readonly VersionFault[] = [
  {
    id: '#15247',
    consequence:
      'a leader that lost its office confirms keep-alives and ends live leases',
    mendedIn: { 4: 31, 5: 13 },
  },
  {
    id: '#20615',
    consequence: 'a keep-alive may succeed for a lease that was revoked',
    mendedIn: { 4: 38, 5: 23, 6: 5 },
  },
  {
    id: '#20418',
    consequence: 'a member that was paused may answer with the past',
    mendedIn: { 4: 42, 5: 28, 6: 9 },
    since: { 4: 20 },
  },
  {
    id: '#17529',
    consequence: 'a slow watch may lose events after a compaction',
    mendedIn: { 4: 31, 5: 13 },
  },
  {
    id: '#18089',
    consequence: 'a watch from the revision of a compaction misses a delete',
    mendedIn: { 4: 36, 5: 18 },
  },
  {
    id: '#13205',
    consequence: 'leases may never end',
    mendedIn: { 4: 19, 5: 5 },
    onlyWithUsers: true,
  },
  {
    id: 'lease permissions',
    consequence: 'transactions and leases reach keys of other users',
    mendedIn: { 4: 44, 5: 30, 6: 11 },
    onlyWithUsers: true,
  },
  {
    id: 'GHSA-xg4h-6gfc-h4m8',
    consequence: 'who may read one key may watch others',
    mendedIn: { 4: Infinity, 5: 33, 6: 14, 7: 1 },
    onlyWithUsers: true,
  },
];

export function faultsOf(
  { minor, patch }: EtcdVersion,
  withUsers: boolean,
): readonly VersionFault[] {
  return VERSION_FAULTS.filter(
    ({ mendedIn, since, onlyWithUsers }) =>
      patch < (mendedIn[minor] ?? 0) &&
      patch >= (since?.[minor] ?? 0) &&
      (withUsers || !onlyWithUsers),
  );
}

/** The first release that has none of the faults, in the same minor version if there is one. */
export function releaseWithout(
  faults: readonly VersionFault[],
  minor: number,
): string {
  const patch = Math.max(
    0,
    ...faults.map((fault) => fault.mendedIn[minor] ?? 0),
  );
  return patch === Infinity
    ? releaseWithout(faults, minor + 1)
    : `3.${minor}.${patch}`;
}
