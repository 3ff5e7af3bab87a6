import { Metadata } from '@grpc/grpc-js';

/**
 * Has a member that is cut off from the majority refuse a call at once, before it does anything,
 * and end a stream, instead of leaving both in silence.
 */
export function requireLeader(metadata: Metadata): Metadata {
  metadata.set('hasleader', 'true');
  return metadata;
}
