import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begun last, each of them would run on alone. */
export const LONGEST: readonly string[] = [
  'test/simulation/bad-days.spec.ts',
  'test/simulation/good-days.spec.ts',
  'test/processes/ends-by-itself.spec.ts',
  'test/faults/lost-replies.spec.ts',
  'test/contract/locks-on-etcd.spec.ts',
  'test/contract/etcd-store.spec.ts',
  'test/package/applications.e2e-spec.ts',
  'test/package/bundles.e2e-spec.ts',
  'test/torture/torture.e2e-spec.ts',
  'test/bench/bench.e2e-spec.ts',
  'test/e2e/demo-ends.e2e-spec.ts',
];

/**
 * The order of vitest, in which files that took long come first where an earlier run is remembered.
 * A fresh clone remembers none, so these are named.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(
    files: TestSpecification[],
  ): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((path) => moduleId.replaceAll('\\', '/').endsWith(path));
    return [
      ...sorted.filter(isLong),
      ...sorted.filter((file) => !isLong(file)),
    ];
  }
}
