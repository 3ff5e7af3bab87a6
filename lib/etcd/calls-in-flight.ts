import type { ClientUnaryCall } from '@grpc/grpc-js';
import type { UnaryCallback } from './etcd-services.js';

/** The unary calls that have no answer yet. */
export class CallsInFlight {
  private readonly calls = new Set<ClientUnaryCall>();

  /** Rejects with gRPC's own error. */
  send<Reply>(
    start: (callback: UnaryCallback<Reply>) => ClientUnaryCall,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = start((error, reply) => {
        this.calls.delete(call);
        if (error) reject(error);
        else resolve(reply as Reply);
      });
      this.calls.add(call);
    });
  }

  cancelAll(): void {
    for (const call of this.calls) call.cancel();
  }
}
