import { describe, test } from 'vitest';
import { OnlyLeader } from 'nestjs-etcd-lock/election/nest';

describe('@OnlyLeader', () => {
  test('fits methods whose callers are prepared for undefined', () => {
    class Fitting {
      @OnlyLeader('job')
      async nothing(): Promise<void> {}

      @OnlyLeader('job')
      async perhaps(_id: string): Promise<number | undefined> {
        return 1;
      }

      @OnlyLeader('job')
      async unknown(): Promise<unknown> {
        return 1;
      }
    }
    class Failing {
      // @ts-expect-error undefined is not expected
      @OnlyLeader('job')
      async result(): Promise<number> {
        return 1;
      }

      // @ts-expect-error not asynchronous
      @OnlyLeader('job')
      atOnce(): void {}

      // @ts-expect-error no name
      @OnlyLeader()
      async noName(): Promise<void> {}
    }
    void [Fitting, Failing];
  });
});
