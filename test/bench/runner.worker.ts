import { connectWorker } from '../support/worker-port.js';
import { drive } from './drive.js';
import type { Load } from './load.js';
import { type NodePeerName, nodePeers } from './peers/index.js';
import type { Peer, PeerSettings } from './peers/peer.js';
import { profiled } from './profile.js';

const port = connectWorker();
const settings = JSON.parse(process.env['BENCH_PEERS']!) as PeerSettings;
const peers = new Map<NodePeerName, Peer>();

function peer(name: NodePeerName): Peer {
  let known = peers.get(name);
  if (known === undefined) {
    known = nodePeers[name](settings);
    peers.set(name, known);
  }
  return known;
}

port.send({ type: 'ready' });
for (;;) {
  const { name, load } = await port.next<{ name: NodePeerName; load: Load }>(
    'run',
  );
  try {
    const outcome = await profiled(`${name} ${load.prefix}`, () =>
      drive(peer(name), load),
    );
    port.send({ type: 'done', outcome });
  } catch (error) {
    port.send({ type: 'done', error: `${name}: ${String(error)}` });
  }
}
