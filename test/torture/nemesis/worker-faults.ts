import type { CrewMember } from '../crew/crew-member.js';
import { done, type Fault, type Stage } from './stage.js';

export const workerFaults: readonly Fault[] = [
  {
    kind: 'worker killed',
    weight: 3,
    async begin(stage) {
      const worker = oneUp(stage);
      if (worker === undefined) return undefined;
      stage.down.add(worker.name);
      const detail = worker.who;
      await worker.kill();
      return {
        detail,
        lastsMs: stage.random.between(0, 2_000),
        async heal() {
          await worker.start();
          stage.down.delete(worker.name);
        },
      };
    },
  },
  {
    kind: 'worker stands still',
    weight: 6,
    async begin(stage) {
      const worker = oneUp(stage);
      if (worker === undefined) return undefined;
      stage.down.add(worker.name);
      worker.pause();
      return {
        detail: worker.who,
        lastsMs: stage.random.between(100, stage.ttlMs * 2.5),
        heal() {
          worker.resume();
          stage.down.delete(worker.name);
        },
      };
    },
  },
  {
    kind: 'event loop blocked',
    weight: 4,
    async begin(stage) {
      const worker = oneUp(stage);
      if (worker === undefined) return undefined;
      const lastsMs = stage.random.between(100, stage.ttlMs * 1.5);
      worker.order('block', lastsMs);
      return { ...done(worker.who), lastsMs };
    },
  },
  {
    kind: 'wall clock moved',
    weight: 3,
    async begin(stage) {
      const worker = oneUp(stage);
      if (worker === undefined) return undefined;
      const { who } = worker;
      const ms = Math.round(stage.random.between(-20_000, 20_000));
      worker.order('shift', ms);
      return {
        detail: `${who} by ${ms} ms`,
        lastsMs: stage.random.between(500, 5_000),
        heal() {
          if (worker.who === who) worker.order('shift', 0);
        },
      };
    },
  },
];

function oneUp({ crew, down, random }: Stage): CrewMember | undefined {
  const up = crew.filter(({ name }) => !down.has(name));
  return up.length === 0 ? undefined : random.pick(up);
}
