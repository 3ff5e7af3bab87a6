import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryRoom, MemoryRoom } from './witness-room.js';
import { Witness } from './witness.js';

describe.each([
  ['of one process', () => new MemoryRoom()],
  ['of several processes', () => ownDirectoryRoom()],
])('a witness %s', (_, newRoom) => {
  it('has nothing to say of holders who follow each other', () => {
    const witness = new Witness(newRoom());
    for (const token of [1n, 2n, 5n]) witness.enter(token, 'exclusive')();

    expect(witness).toMatchObject({
      violations: [],
      tokens: [1n, 2n, 5n],
      tokensGrow: true,
    });
  });

  it('sees two who should have been alone', () => {
    const witness = new Witness(newRoom());
    const leave = witness.enter(1n, 'exclusive');
    witness.enter(2n, 'exclusive')();
    leave();

    expect(witness.violations).toHaveLength(1);
    expect(witness.violations[0]).toMatch(/^exclusive \S+ met exclusive \S+$/);
    expect(witness.seen.map(({ others }) => others)).toEqual([0, 1]);
  });

  it('sees whoever shares with one who does not', () => {
    const witness = new Witness(newRoom());
    const leave = witness.enter(1n, 'shared');
    witness.enter(2n, 'shared')();
    expect(witness.violations).toEqual([]);
    witness.enter(3n, 'exclusive')();
    leave();
    witness.enter(4n, 'exclusive');
    witness.enter(5n, 'shared')();

    expect(witness.violations).toHaveLength(2);
  });

  it('sees one more than there are permits', () => {
    const witness = new Witness(newRoom());
    witness.enter(1n, 2);
    witness.enter(2n, 2)();
    witness.enter(3n, 2);
    expect(witness.violations).toEqual([]);
    witness.enter(4n, 2);

    expect(witness.violations).toHaveLength(1);
  });

  it.each([4n, 5n])('sees token %s after 5', (token) => {
    const witness = new Witness(newRoom());
    witness.enter(5n, 'exclusive')();
    witness.enter(token, 'exclusive')();

    expect(witness.tokensGrow).toBe(false);
  });
});

function ownDirectoryRoom(): DirectoryRoom {
  const room = DirectoryRoom.create();
  onTestFinished(() => room.remove());
  return room;
}
