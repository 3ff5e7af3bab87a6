import { describe, expect, it } from 'vitest';
import { optionsOf } from './options.js';

describe('the options of the torture', () => {
  it('are all faults, and the Node that runs it, without any', () => {
    const { faults, nodes } = optionsOf([]);
    expect(faults.length).toBeGreaterThan(20);
    expect(nodes).toEqual([]);
  });

  it('choose faults by words in their names', () => {
    const { faults } = optionsOf(['--faults', 'restored, rights']);
    expect(faults.map(({ kind }) => kind)).toEqual([
      'rights revoked',
      'restored from a backup',
    ]);
  });

  it('name the faults where none has the word', () => {
    expect(() => optionsOf(['--faults', 'flood'])).toThrow(
      /chooses among: .*restored from a backup/,
    );
  });

  it('take versions of Node, and nothing else for them', () => {
    expect(optionsOf(['--nodes', '20,24']).nodes).toEqual([20, 24]);
    expect(() => optionsOf(['--nodes', 'lts'])).toThrow('--nodes');
  });
});
