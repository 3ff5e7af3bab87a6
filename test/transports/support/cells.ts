import { pairwise } from './pairwise.js';

/** From top to bottom, as they are written above a method. */
export type Order = readonly ('lock' | 'route' | 'guard')[];

export const GUARDED_ORDERS: readonly Order[] = [
  ['route', 'lock', 'guard'],
  ['lock', 'route', 'guard'],
  ['route', 'guard', 'lock'],
];
export const ROUTED_ORDERS: readonly Order[] = [
  ['route', 'lock'],
  ['lock', 'route'],
];
export const BARE_ORDERS: readonly Order[] = [['lock']];

/** What becomes of the method's call: how it hands over its value, or its failure. */
export type Result =
  | 'promise'
  | 'value'
  | 'observable'
  | 'rejection'
  | 'exception'
  | 'failing observable';

export const ALL_RESULTS: readonly Result[] = [
  'promise',
  'value',
  'observable',
  'rejection',
  'exception',
  'failing observable',
];
/** For callers to whom an Observable means nothing. */
export const SETTLED_RESULTS: readonly Result[] = [
  'promise',
  'value',
  'rejection',
  'exception',
];

export type Policy = 'throw' | 'skip' | 'fallback';
const POLICIES: readonly Policy[] = ['throw', 'skip', 'fallback'];

const KEYS = ['fixed', 'argument'] as const;

/** One combination, and the method that stands for it. */
export interface Cell {
  readonly name: string;
  readonly title: string;
  readonly order: Order;
  readonly keyFrom: (typeof KEYS)[number];
  readonly result: Result;
  readonly policy: Policy;
  readonly lockKey: string;
}

export const succeeds = ({ result }: Cell): boolean =>
  result === 'promise' || result === 'value' || result === 'observable';

export function allCells(
  orders: readonly Order[],
  results: readonly Result[],
): readonly Cell[] {
  return orders.flatMap((order) =>
    KEYS.flatMap((keyFrom) =>
      results.flatMap((result) =>
        POLICIES.map((policy) => {
          const title = `${order.join(' > ')}, ${keyFrom} key, ${result}, ${policy}`;
          const name = title.replace(/\W+(\w)/g, (_, letter: string) =>
            letter.toUpperCase(),
          );
          return {
            name,
            title,
            order,
            keyFrom,
            result,
            policy,
            lockKey: `${name}:id`,
          };
        }),
      ),
    ),
  );
}

/** Enough of them that any two of order, key, result and policy meet. */
export function pairwiseCells(
  orders: readonly Order[],
  results: readonly Result[],
): readonly Cell[] {
  return pairwise(
    allCells(orders, results),
    ({ order, keyFrom, result, policy }) => [
      order.join(),
      keyFrom,
      result,
      policy,
    ],
  );
}
