import { Children } from './children.js';
import { type DemoEtcd, findEtcd } from './demo-etcd.js';
import { interruption } from './interruption.js';
import { play } from './play.js';
import { stay } from './stay.js';
import { Timeline } from './timeline.js';
import { printVerdicts, type Verdict } from './verdict.js';

const LIMIT_MS = 120_000;

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--stay')) {
  console.error(`npm run demo [-- --stay]: ${args.join(' ')} is not known.`);
  process.exit(2);
}
const staying = args.includes('--stay');

const timeline = new Timeline();
const asked = interruption();
const children = await Children.open();
let etcd: DemoEtcd | undefined;
process.exit(await run());

async function run(): Promise<number> {
  try {
    timeline.say(
      'demo',
      `pid ${process.pid}, keeper pid ${children.keeperPid}`,
    );
    const ended = await Promise.race([
      perform(),
      once(asked).then(() => 'interrupted' as const),
      ...(staying
        ? []
        : [
            once(AbortSignal.timeout(LIMIT_MS)).then(() => 'too long' as const),
          ]),
    ]);
    if (ended === 'interrupted') {
      timeline.say('demo', 'interrupted, tidying up');
      timeline.close();
      return 130;
    }
    if (ended === 'too long') {
      timeline.say('demo', `not done after ${LIMIT_MS / 1000} s, giving up`);
      return 1;
    }
    timeline.scene('What was promised, and what was seen');
    printVerdicts(ended, timeline);
    timeline.close();
    return ended.every(({ kept }) => kept !== false) ? 0 : 1;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await children.end();
    await etcd?.tidy();
  }
}

async function perform(): Promise<Verdict[]> {
  etcd = await findEtcd(children, timeline);
  return (staying ? stay : play)(etcd, children, timeline);
}

async function once(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
}
