import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../lib/core/index.js';
import type { ClusterSurvey, HostSurvey } from '../../lib/etcd/index.js';
import { preflight, warningsOf } from '../../lib/etcd/preflight/preflight.js';
import { VERSION_FAULTS } from '../../lib/etcd/preflight/version-faults.js';

const GOOD = '3.6.14';

function host(some: Partial<HostSurvey> = {}): HostSurvey {
  return {
    host: 'http://a:2379',
    clusterId: 'c1',
    memberId: 'm1',
    version: GOOD,
    learner: false,
    alarms: [],
    databaseBytes: 0,
    grpcProxy: false,
    ...some,
  };
}

function survey(some: Partial<ClusterSurvey> = {}): ClusterSurvey {
  return {
    hosts: [host()],
    silent: [],
    members: { voters: 3, learners: 0 },
    minimumTtlMs: 2_000,
    authenticated: false,
    unknown: [],
    ...some,
  };
}

function codes(some: Partial<ClusterSurvey>, ttlMs = 15_000): string[] {
  return warningsOf(survey(some), ttlMs).map(({ code }) => code);
}

function verdict(version: string, authenticated = false): string {
  const found = survey({ hosts: [host({ version })], authenticated });
  return warningsOf(found, 15_000)
    .map(({ message }) => message)
    .join('\n');
}

/** The ids of the faults that a verdict names. */
function faults(version: string, authenticated = false): string[] {
  const text = verdict(version, authenticated);
  return VERSION_FAULTS.filter(({ consequence }) =>
    text.includes(consequence),
  ).map(({ id }) => id);
}

describe('the preflight', () => {
  it('finds nothing wrong with a good cluster', () => {
    expect(warningsOf(survey(), 15_000)).toEqual([]);
  });

  it('puts the severe findings first', () => {
    const found = warningsOf(
      survey({
        hosts: [host({ version: '3.4.23', alarms: ['CORRUPT'] })],
        members: { voters: 1, learners: 0 },
      }),
      15_000,
    );

    expect(found.map(({ code, severe }) => [code, severe])).toEqual([
      ['corrupt', true],
      ['etcd-version', false],
      ['single-member', false],
    ]);
  });

  it('says of each host that it belongs to another cluster', () => {
    const hosts = [host(), host({ clusterId: 'c2', host: 'http://b:2379' })];

    const [first] = warningsOf(survey({ hosts }), 15_000);

    expect(first).toMatchObject({ code: 'two-clusters', severe: true });
    expect(first!.message).toContain('http://a:2379 (c1), http://b:2379 (c2)');
  });

  it('tells one alarm once, however many members know of it', () => {
    const hosts = [host({ alarms: ['NOSPACE', 'NOSPACE'] }), host()];
    expect(codes({ hosts })).toEqual(['no-space']);
  });

  it.each([
    [1, ['single-member']],
    [2, ['even-members']],
    [3, []],
    [4, ['even-members']],
    [5, []],
  ])('of %i voting members it says %j', (voters, expected) => {
    expect(codes({ members: { voters, learners: 1 } })).toEqual(expected);
  });

  it.each([{ tll: '15s' }, { timeout: 'soon' }, null])(
    'refuses options such as %j and asks nobody',
    async (options) => {
      const store = { survey: vi.fn<() => Promise<ClusterSurvey>>() };
      await expect(preflight(store, options as never)).rejects.toMatchObject({
        code: 'LOCK_CONFIGURATION',
      });
      expect(store.survey).not.toHaveBeenCalled();
    },
  );

  it('says nothing of what it could not learn', () => {
    expect(codes({ members: undefined, minimumTtlMs: undefined })).toEqual([]);
  });

  it('names hosts that are silent or learners, and differing versions', () => {
    const error = new StoreError('timeout', 'not-applied', 'too slow');
    const silent = [{ host: 'http://c:2379', error }];
    const hosts = [host(), host({ learner: true, version: '3.6.15' })];

    expect(codes({ hosts, silent })).toEqual([
      'mixed-versions',
      'silent-host',
      'learner-host',
    ]);
  });
});

describe('the verdict on a version', () => {
  it.each([
    // Debian's.
    ['3.4.23', ['#15247', '#20615', '#20418', '#17529', '#18089'], '3.4.42'],
    ['3.4.37', ['#20615', '#20418'], '3.4.42'],
    ['3.4.41', ['#20418'], '3.4.42'],
    ['3.5.0', ['#15247', '#20615', '#20418', '#17529', '#18089'], '3.5.28'],
    ['3.5.22', ['#20615', '#20418'], '3.5.28'],
    ['3.6.0', ['#20615', '#20418'], '3.6.9'],
    ['3.6.9-rc.0', ['#20418'], '3.6.9'],
  ])('%s has %j, mended in %s', (version, ids, mended) => {
    expect(faults(version)).toEqual(ids);
    expect(verdict(version)).toContain(`etcd ${version} has faults`);
    expect(verdict(version)).toMatch(new RegExp(`mended in ${mended}\\.$`));
  });

  it.each(['3.4.42', '3.5.28', '3.6.9', '3.7.0', '3.8.0', '4.0.0', 'main'])(
    '%s has nothing to be said against it',
    (version) => expect(verdict(version)).toBe(''),
  );

  it('leaves out what came with a later patch', () => {
    expect(faults('3.4.19')).not.toContain('#20418');
    expect(faults('3.4.20')).toContain('#20418');
  });

  it('names what harms only clusters with users to those that have them', () => {
    expect(faults('3.4.42', true)).toEqual([
      'lease permissions',
      'GHSA-xg4h-6gfc-h4m8',
    ]);
    // No release of 3.4 has the last one mended.
    expect(verdict('3.4.42', true)).toMatch(/mended in 3\.5\.33\.$/);
    expect(faults('3.7.0', true)).toEqual(['GHSA-xg4h-6gfc-h4m8']);
    expect(verdict('3.7.1', true)).toBe('');
    expect(faults('3.4.18', true)).toContain('#13205');
  });

  it('tells what is older than 3.4', () => {
    expect(verdict('3.3.27')).toContain('older than any');
  });
});

describe('a ttl', () => {
  it.each([
    [3_999, 2_000, true],
    [4_000, 2_000, false],
    [15_000, 8_000, true],
    [16_000, 8_000, false],
  ])(
    'of %i ms where etcd grants %i ms or more: short is %s',
    (ttl, min, is) => {
      expect(codes({ minimumTtlMs: min }, ttl)).toEqual(
        is ? ['short-ttl'] : [],
      );
    },
  );

  it('that etcd does not grant is named as such', () => {
    const [found] = warningsOf(survey({ minimumTtlMs: 8_000 }), 5_000);
    expect(found!.message).toMatch(/^This etcd grants no TTL under 8000 ms/);
  });
});

describe('the page that warnings link to', () => {
  const page = readFileSync(
    new URL('../../docs/preflight.md', import.meta.url),
    'utf8',
  );

  it('has a section for each of them', () => {
    const hosts = [
      host({ version: '3.4.23', alarms: ['NOSPACE', 'CORRUPT'] }),
      host({ clusterId: 'c2', learner: true }),
    ];
    const error = new StoreError('timeout', 'not-applied', 'too slow');
    const silent = [{ host: 'http://c:2379', error }];
    const found = [1, 2].flatMap((voters) =>
      warningsOf(
        survey({ hosts, silent, members: { voters, learners: 0 } }),
        2_000,
      ),
    );

    const sections = [...page.matchAll(/^### (.+)$/gm)].map(
      ([, title]) => title,
    );
    const anchors = new Set(found.map(({ link }) => link.split('#')[1]));
    expect(anchors.size).toBe(10);
    expect(sections).toEqual(expect.arrayContaining([...anchors]));
  });

  it('has a row for each fault of a version', () => {
    for (const { consequence, mendedIn } of VERSION_FAULTS) {
      const row = page.split('\n').find((line) => line.includes(consequence));
      for (const [minor, patch] of Object.entries(mendedIn)) {
        if (patch !== Infinity) expect(row).toContain(`3.${minor}.${patch}`);
      }
    }
  });
});
