/** What `acquire` resolves to. Of the same shape as the type of that name in `@nestjs/locks`. */
export type LockAcquireResult =
  | { readonly acquired: true; readonly fencingToken: number }
  | { readonly acquired: false };
