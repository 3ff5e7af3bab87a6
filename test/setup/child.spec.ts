import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../../scripts/child.mjs';
import { waitUntil } from '../support/wait-until.js';

const node = process.execPath;

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Prints its own and its child's pid; both run until they are killed. */
const PARENT = `
  const { spawn } = require('node:child_process');
  const stay = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', stay], { stdio: 'ignore' });
  console.log(process.pid + ' ' + child.pid);
`;

describe('run', () => {
  it('resolves with the exit code and what the command wrote', async () => {
    expect(
      await run(
        node,
        ['-e', 'console.log(1); console.error(2); process.exit(7)'],
        {
          capture: true,
        },
      ),
    ).toEqual({ code: 7, output: expect.stringMatching(/1\n2\n|2\n1\n/) });
  });

  it('resolves with 127 when there is no such command', async () => {
    expect(await run('/no/such/command', [], { capture: true })).toEqual({
      code: 127,
      output: expect.stringContaining('/no/such/command'),
    });
  });

  it('kills a command that takes too long', async () => {
    const { code } = await run(node, ['-e', 'setInterval(() => {}, 1000)'], {
      capture: true,
      timeoutMs: 200,
    });
    expect(code).not.toBe(0);
  });

  it('ends what a command leaves running', async () => {
    const { output } = await run(node, ['-e', `${PARENT} child.unref();`], {
      capture: true,
    });
    const left = Number(output.split(' ')[1]);
    expect(left).toBeGreaterThan(0);
    await waitUntil(() => !runs(left));
  });

  it('hands a signal on, and leaves nothing running when it ends', async () => {
    const script = fileURLToPath(
      new URL('../../scripts/child.mjs', import.meta.url),
    );
    const outer = spawn(
      node,
      [
        '--input-type=module',
        '-e',
        `const { run } = await import(process.argv[1]);
         await run(process.execPath, ['-e', process.argv[2]]);
         console.log('went on');`,
        script,
        PARENT,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    outer.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const [inner, left] = await waitUntil(
      () => output.includes('\n') && output.split(' ').map(Number),
    );
    outer.kill('SIGTERM');
    const [code] = (await once(outer, 'exit')) as [number | null];
    expect(code).toBe(143);
    expect(output).not.toContain('went on');
    await waitUntil(() => !runs(inner!) && !runs(left!));
  });
});

describe('runOrThrow', () => {
  it('rejects with the command and what it wrote', async () => {
    await expect(
      runOrThrow(node, ['-e', 'console.error("why"); process.exit(3)']),
    ).rejects.toThrow(/failed with code 3: why/);
  });
});
