import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { LiveTable } from '../../lib/cli/live-table.js';

it('draws nothing before it knows the locks', () => {
  const out = new PassThrough({ encoding: 'utf8' });
  const table = new LiveTable(out);
  table.tick();
  table.end();
  expect(out.read() ?? '').not.toContain('locks');

  table.snapshot([], 5n);
  table.tick();
  expect(out.read()).toContain('0 locks · revision 5');
});
