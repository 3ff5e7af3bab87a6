import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { put, transactionOf } from '../../lib/testing/contract/operations.js';
import { WatchRecorder } from '../../lib/testing/contract/watch-recorder.js';
import { FaultyStore } from '../../lib/testing/faulty-store.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

export const call = { timeoutMs: 1000 };
export const everything = { key: '\0', end: '\uffff' };
export const putting = (key: string) => transactionOf({ success: [put(key)] });

export function faulty() {
  const clock = new ManualClock();
  const cluster = new MemoryCluster({ clock });
  const direct = new MemoryStore({ cluster });
  const store = new FaultyStore(new MemoryStore({ cluster }), { clock });
  const watch = () => {
    const recorder = new WatchRecorder();
    recorder.watch = store.watch(everything, recorder);
    return recorder;
  };
  return { clock, cluster, direct, store, watch };
}
