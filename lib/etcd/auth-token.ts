import { Metadata } from '@grpc/grpc-js';
import type { CallsInFlight } from './calls-in-flight.js';
import { type Deadline, grpcDeadline, within } from './deadline.js';
import type { HostConnection } from './host-connection.js';
import { requireLeader } from './require-leader.js';

export interface EtcdUser {
  readonly username: string;
  readonly password: string;
}

const NOT_ENABLED = 'etcdserver: authentication is not enabled';

/** The token that etcd gives for a password: asked for when first needed and when it is outdated. */
export class AuthToken {
  private known: Metadata | undefined;
  private asking: Promise<Metadata> | undefined;

  constructor(
    private readonly user: EtcdUser,
    private readonly inFlight: CallsInFlight,
  ) {}

  metadata(
    host: HostConnection,
    deadline: Deadline,
  ): Metadata | Promise<Metadata> {
    if (this.known) return this.known;
    // Checking a password keeps etcd busy for long: everybody waits for one answer.
    this.asking ??= this.ask(host, deadline).finally(() => {
      this.asking = undefined;
    });
    return within(deadline, 'authentication', this.asking);
  }

  /** Has the next call ask for another token, unless that has happened already. */
  outdated(metadata: Metadata): void {
    if (this.known === metadata) this.known = undefined;
  }

  private async ask(
    host: HostConnection,
    deadline: Deadline,
  ): Promise<Metadata> {
    const metadata = requireLeader(new Metadata());
    const client = await host.client('Auth');
    const { username: name, password } = this.user;
    try {
      const { token } = await this.inFlight.send<{ token: string }>(
        (callback) =>
          client.authenticate(
            { name, password },
            metadata,
            { deadline: grpcDeadline(deadline) },
            callback,
          ),
      );
      metadata.set('token', token);
    } catch (error) {
      // As other clients do: until authentication is switched on nobody needs a token.
      if (!String(error).includes(NOT_ENABLED)) throw error;
    }
    return (this.known = metadata);
  }
}
