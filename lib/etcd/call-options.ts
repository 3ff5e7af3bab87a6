import type { CallOptions } from '@grpc/grpc-js';
import type { CallOptionsFactory } from 'etcd3';
import type { ServiceName } from './etcd-services.js';

const NONE: CallOptions = {};

/** The user's own options for a call, less the deadline: calls have ours, streams have none. */
export function callOptionsOf(
  defaults: CallOptionsFactory | undefined,
  service: ServiceName,
  method: string,
  params?: unknown,
): CallOptions {
  if (defaults === undefined) return NONE;
  const context = { service, method, params, isStream: params === undefined };
  const { deadline: _, ...options } =
    typeof defaults === 'function'
      ? defaults(context as Parameters<typeof defaults>[0])
      : defaults;
  return options;
}
