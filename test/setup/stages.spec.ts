import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runStages, type Stage } from '../../scripts/stages.mjs';

const node = process.execPath;

describe('runStages', () => {
  let said: string;
  beforeEach(() => {
    said = '';
    const keep = (text: unknown) => {
      said += String(text);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(keep);
    vi.spyOn(console, 'log').mockImplementation((text) => {
      keep(`${text}\n`);
    });
    vi.spyOn(console, 'error').mockImplementation(keep);
  });
  afterEach(() => vi.restoreAllMocks());

  const writes = (name: string, code = 0): Stage => ({
    name,
    passes: async (run) => {
      const script = `console.log('${name} at work'); process.exit(${code})`;
      return (await run(node, ['-e', script])).code === 0;
    },
  });

  it('runs all at once, and shows what each wrote in their order', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const first: Stage = {
      name: 'first',
      passes: async (run) => {
        await opened;
        return writes('first').passes(run);
      },
    };
    const opens: Stage = {
      name: 'second',
      passes: async (run) => {
        const passed = await writes('second').passes(run);
        open();
        return passed;
      },
    };
    await runStages([first, opens]);
    expect(said).toBe(
      '\n== first\nfirst at work\n\n== second\nsecond at work\n',
    );
  });

  it('counts each once', async () => {
    expect(await runStages([writes('a'), writes('b', 1), writes('c')])).toEqual(
      { passed: 2, failed: 1, failures: ['b'] },
    );
  });

  it('counts one that rejects as failed, says why, and goes on', async () => {
    const breaks: Stage = {
      name: 'breaks',
      passes: () => Promise.reject(new Error('no disk')),
    };
    expect(await runStages([writes('a'), breaks, writes('b')])).toEqual({
      passed: 2,
      failed: 1,
      failures: ['breaks'],
    });
    expect(said).toMatch(/== breaks\n.*no disk[^]*== b\n/);
  });
});
