import { describe, expect, it } from 'vitest';
import { checkRegisters } from './registers.js';
import { Story } from './story.js';

function write(
  story: Story,
  at: number,
  base: string,
  value: string,
  { fenced = true, acknowledged = true } = {},
): void {
  const fact = { kind: 'write', register: 'k', base, value } as const;
  story.at(at, 'driver', { ...fact, fenced, acknowledged });
}

describe('the check of registers', () => {
  it('passes updates that all lead to the last value', () => {
    const story = new Story();
    write(story, 1, 'initial', 'one');
    write(story, 2, 'initial', 'refused', { acknowledged: false });
    write(story, 3, 'one', 'two');
    expect(checkRegisters(story.history)).toMatchObject({
      fenced: { acknowledged: 2, lost: 0 },
      violations: [],
    });
  });

  it('catches an acknowledged update that was written over', () => {
    const story = new Story();
    write(story, 1, 'initial', 'one');
    write(story, 2, 'initial', 'two');
    write(story, 3, 'two', 'three');
    const { fenced, violations } = checkRegisters(story.history);
    expect(fenced).toEqual({ acknowledged: 3, lost: 1 });
    expect(violations).toHaveLength(1);
  });

  it('only counts it where nothing is fenced', () => {
    const story = new Story();
    write(story, 1, 'initial', 'one', { fenced: false });
    write(story, 2, 'initial', 'two', { fenced: false });
    expect(checkRegisters(story.history)).toMatchObject({
      unfenced: { acknowledged: 2, lost: 1 },
      violations: [],
    });
  });
});
