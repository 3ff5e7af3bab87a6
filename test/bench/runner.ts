import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killAndWait, own } from '../support/owned-process.js';
import { spawnWorker } from '../support/worker.js';
import type { Load, Outcome } from './load.js';
import { type GoPeerName, goPeers, type NodePeerName } from './peers/index.js';
import type { PeerSettings } from './peers/peer.js';

/** A process of its own that runs loads. */
export interface Runner {
  run(load: Load): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Runs every peer that is written for Node. */
export interface NodeRunner {
  as(name: NodePeerName): Runner;
  stop(): Promise<void>;
}

/** Runs every peer that is written in Go. */
export interface GoRunner {
  as(name: GoPeerName): Runner;
  stop(): Promise<void>;
}

const PATIENCE_MS = 10 * 60_000;

export async function startNodeRunner(
  settings: PeerSettings,
): Promise<NodeRunner> {
  const worker = spawnWorker(new URL('./runner.worker.ts', import.meta.url), {
    BENCH_PEERS: JSON.stringify(settings),
  });
  await worker.next('ready', 120_000);
  return {
    stop: () => worker.kill(),
    as: (name) => ({
      stop: () => worker.kill(),
      async run(load) {
        worker.send({ type: 'run', name, load });
        const { outcome, error } = await worker.next<{
          outcome?: Outcome;
          error?: string;
        }>('done', PATIENCE_MS);
        if (outcome === undefined) throw new Error(`A peer failed: ${error}`);
        return outcome;
      },
    }),
  };
}

/** The Go program reads one load from each line and answers with one line. */
export function startGoRunner(program: string, etcd: string): GoRunner {
  const child = spawn(program, [etcd], { stdio: ['pipe', 'pipe', 'inherit'] });
  own(child);
  const lines = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const stop = () => killAndWait(child);
  return {
    stop,
    as: (name) => ({
      stop,
      async run(load) {
        const line = JSON.stringify({ ...load, peer: goPeers[name] });
        child.stdin.write(`${line}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error('The Go program ended.');
        return JSON.parse(value) as Outcome;
      },
    }),
  };
}
