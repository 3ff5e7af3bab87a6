/** The name etcd's own messages between members give of their sender, in hex. */
const HEADER = /x-server-from: ([0-9a-f]+)/i;

/**
 * Tells by the first bytes of a connection between members who dialled. Connections on which
 * members only ask for each other's health never say it.
 */
export function peerSource(
  nameOfId: (id: bigint) => string | undefined,
): (bytes: Buffer) => string | undefined {
  return (bytes) => {
    const id = HEADER.exec(bytes.toString('latin1'))?.[1];
    return id === undefined ? undefined : nameOfId(BigInt(`0x${id}`));
  };
}
