import { checked } from '../exclusion.js';
import { atLeast, atMost, inEveryRound } from '../figure.js';
import { cyclesPerSecond } from '../load.js';
import { GO_PUTS, OURS } from '../peers/index.js';
import { summary } from '../statistics.js';
import { longestWaitOf } from '../visits.js';
import { Compared } from './compared.js';
import type { Measure } from './measure.js';

const RAW = 'raw puts';
const HAND_OVERS = 'bare hand-overs';
const CALLERS = 64;
const WITH_REMOTE = 'with a waiter in another process';

export const oneProcess: Measure = {
  id: 'P4',
  title: 'One key, 64 callers in one process',
  async run(bench) {
    const many = (await bench.nodeRunner()).as(OURS);
    const remote = (await bench.nodeRunner()).as(OURS);
    const raw = (await bench.nodeRunner()).as(RAW);
    const bare = (await bench.nodeRunner()).as(HAND_OVERS);
    const go = bench.goRunner()?.as(GO_PUTS);
    const load = { callers: CALLERS, keys: 'one' } as const;
    await bench.checkExclusion([many, remote], load);
    const remotes: { served: number; passedOver: number }[] = [];
    const outcomes = await bench.compare({ seconds: 1, rounds: 5 }, [
      { name: OURS, run: (seconds) => bench.run([many], seconds, load) },
      {
        name: RAW,
        run: (seconds) =>
          bench.run([raw], seconds, { callers: 1, keys: 'own' }),
      },
      ...(go === undefined
        ? []
        : [
            {
              name: GO_PUTS,
              run: (seconds: number) =>
                bench.run([go], seconds, { callers: 1, keys: 'own' }),
            },
          ]),
      {
        name: HAND_OVERS,
        run: (seconds) =>
          bench.run([bare], seconds, { callers: 1, keys: 'own' }),
      },
      {
        name: WITH_REMOTE,
        run: async (seconds) => {
          const [local, other] = await bench.runBoth(
            many,
            remote,
            seconds,
            load,
          );
          const holder = other.visits[0]?.holder ?? '';
          const visits = [...local.visits, ...other.visits];
          remotes.push(longestWaitOf(holder, visits));
          return checked({ ...local, visits });
        },
      },
    ]);
    // The first of them was the warm-up.
    const counted = remotes.slice(1);
    const rate = new Compared(outcomes, cyclesPerSecond);
    return {
      figures: [
        ...rate.ratio('cycles/s', OURS, RAW, atLeast(1)),
        ...rate.ratio('cycles/s', OURS, GO_PUTS),
        ...rate.ratio('cycles/s', HAND_OVERS, RAW),
        ...rate.ratio('cycles/s', OURS, HAND_OVERS),
        {
          what: 'local holders in a row while another process waits, at most',
          value: summary(counted.map(({ passedOver }) => passedOver)),
          unit: '',
          target: inEveryRound(atMost(CALLERS, `≤ ${CALLERS}`)),
        },
        {
          what: 'times the other process was served in a round',
          value: summary(counted.map(({ served }) => served)),
          unit: '',
          target: inEveryRound(atLeast(1, '≥ 1')),
        },
      ],
      series: [
        rate.series(`${CALLERS} callers that want one key`, 'cycles/s', 'more'),
      ],
      notes: [
        'Tokens are checked to grow strictly in every round. “Not starved” is taken to mean: never passed over by more holders than there are local callers. “Bare hand-overs” are the one transaction of each cycle, through etcd3 alone.',
      ],
    };
  },
};
