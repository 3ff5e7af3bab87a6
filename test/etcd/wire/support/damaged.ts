import type { Random } from '../../../simulation/random.js';

const DAMAGES = ['cut', 'repeat', 'flip', 'overwrite', 'insert', 'random'];

/** `bytes`, cut short, with a part twice, with bits or a part changed, or quite others. */
export function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random.whole(0, bytes.length);
  const to = random.whole(at, Math.min(bytes.length, at + 40));
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, to),
    bytes.subarray(to),
  ];
  switch (random.pick(DAMAGES)) {
    case 'cut':
      return before;
    case 'repeat':
      return Buffer.concat([before, part, part, after]);
    case 'flip':
      return flipped(bytes, random);
    case 'overwrite':
      return Buffer.concat([before, noise(random), after]);
    case 'insert':
      return Buffer.concat([before, noise(random), part, after]);
    default:
      return noise(random);
  }
}

function flipped(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = random.whole(1, 3); times > 0; times -= 1) {
    copy[random.whole(0, copy.length - 1)]! ^= 1 << random.whole(0, 7);
  }
  return copy;
}

function noise(random: Random): Buffer {
  const length = random.whole(0, 40);
  return Buffer.from(Array.from({ length }, () => random.whole(0, 255)));
}
