/** What one etcd says of itself at this moment, summed over all labels. */
export class EtcdMetrics {
  private constructor(private readonly text: string) {}

  static async of(endpoint: string): Promise<EtcdMetrics> {
    const reply = await fetch(`${endpoint}/metrics`);
    return new EtcdMetrics(await reply.text());
  }

  /** Messages that clients have sent: calls, and whatever comes over their streams. */
  get requests(): number {
    return this.sum('grpc_server_msg_received_total');
  }

  /** Entries of the log that have been applied. */
  get commits(): number {
    return this.sum('etcd_server_proposals_applied_total');
  }

  /** Leases that it has ended itself, because their time was over. */
  get leasesEnded(): number {
    return this.sum('etcd_debugging_server_lease_expired_total');
  }

  private sum(name: string): number {
    const lines = this.text
      .split('\n')
      .filter(
        (line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `),
      );
    if (lines.length === 0) throw new Error(`etcd says nothing of ${name}.`);
    return lines.reduce(
      (sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))),
      0,
    );
  }
}
