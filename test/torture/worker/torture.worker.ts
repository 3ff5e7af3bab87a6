import { Random } from '../../simulation/random.js';
import { waitUntil } from '../../support/wait-until.js';
import { connectWorker } from '../../support/worker-port.js';
import { HistoryFile } from '../history/history-file.js';
import { keepCalling } from './caller.js';
import { clientWay } from './client-way.js';
import { nestWay } from './nest-way.js';
import { registerLink } from './register-link.js';
import { shiftWallClock } from './wall-clock.js';
import type { TortureWorkerSettings } from './worker-settings.js';

const port = connectWorker();
const settings = JSON.parse(
  process.env['TORTURE_WORKER']!,
) as TortureWorkerSettings;
const history = new HistoryFile(settings.directory, settings.who);
const registers = registerLink(port);
const way =
  settings.kind === 'nest' ? await nestWay(settings) : clientWay(settings);
way.client.subscribe((event) => {
  if (event.type === 'waiting') {
    history.add({ kind: 'waiting', key: event.key });
  } else if (event.type === 'session-opened' || event.type === 'session-lost') {
    history.add({ kind: event.type, lease: event.lease });
  }
});

const hurry = new AbortController();
const atWork = new Set<Promise<void>>();
let operations = 0;
const callers = Array.from({ length: settings.callers }, (_, caller) =>
  keepCalling({
    way,
    history,
    registers,
    random: new Random(settings.seed + caller),
    worker: { index: settings.index, caller },
    hurry: hurry.signal,
    atWork,
    nextId: () => (operations += 1),
  }),
);

async function obey(order: string, act: (ms: number) => void): Promise<never> {
  for (;;) act((await port.next<{ ms: number }>(order)).ms);
}

function blockEventLoop(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Whoever has heard from etcd knows whether it was restored; what began before comes to its end. */
async function settle(): Promise<never> {
  for (;;) {
    await port.next('settle');
    await waitUntil(() => way.client.ping().then(() => true), {
      timeoutMs: 120_000,
      everyMs: 100,
    });
    await Promise.all(atWork);
    port.send({ type: 'settled' });
  }
}

async function finish(): Promise<void> {
  await port.next('drain');
  hurry.abort();
  await Promise.all(callers);
  port.send({ type: 'idle' });
  await port.next('close');
  await way.close();
  // From here on nothing but the library could keep this process alive.
  process.channel!.unref();
}

// Not awaited: a module that waits for ever would keep the process from ending well.
void obey('block', blockEventLoop);
void obey('shift', shiftWallClock);
void settle();
void finish();
port.send({ type: 'ready' });
