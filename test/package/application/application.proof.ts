import { expected, useLocks } from './application.js';

// Of whichever runner this is: Jest or vitest.
declare function test(title: string, run: () => Promise<void>): void;
declare function expect(value: unknown): { toEqual(other: unknown): void };

test('an application takes its locks', async () => {
  expect(await useLocks()).toEqual(expected);
});
