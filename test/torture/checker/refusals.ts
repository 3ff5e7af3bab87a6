import type { Interference } from './belief.js';
import type { Operation } from './operation.js';

const REFUSALS =
  /permission denied|user name is empty|authentication failed|invalid auth token|revision of auth store is old/;

/** Whether these are the words of a refusal that trying again does not cure. */
export function saysRefused(why: string): boolean {
  return REFUSALS.test(why);
}

/** Whether etcd may have refused something to the process of an operation between its call and `at`. */
export function mayBeRefused(
  { who, invokedAt }: Operation,
  at: number,
  { refused }: Interference,
): boolean {
  return refused.some(
    ({ place, from, until }) =>
      who.startsWith(`${place}.`) && from <= at && invokedAt <= until,
  );
}
