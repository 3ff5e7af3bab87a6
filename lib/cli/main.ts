#!/usr/bin/env node
import { createRequire } from 'node:module';
import { run } from './run.js';

const { version } = createRequire(import.meta.url)('../../../package.json') as {
  readonly version: string;
};

const { stdin, stdout, stderr } = process;
stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Nobody reads any further, as with `| head`.
  if (error.code === 'EPIPE') process.exit(0);
  stderr.write(`error: ${error.message}\n`);
  process.exit(1);
});

// Once: who has had enough twice is not kept waiting for etcd.
const interrupted = () =>
  new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });

const terminal = { stdin, stdout, stderr, interrupted };
void run(process.argv.slice(2), terminal, version).then((code) => {
  // Attempts to connect that nobody needs any more would keep the process for minutes.
  stdout.write('', (failure) => failure ?? process.exit(code));
});
