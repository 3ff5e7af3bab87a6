import { Command, InvalidArgumentError, Option } from 'commander';
import { milliseconds } from '../core/internal.js';
import type { CommandContext } from './command-context.js';
import { connect, type ConnectionOptions } from './connection.js';
import { listLocks } from './list-locks.js';
import { releaseLock, type ReleaseOutcome } from './release-lock.js';
import type { ExitCode } from './run.js';
import { showLock } from './show-lock.js';
import type { Terminal } from './terminal.js';
import { watchLocks } from './watch-locks.js';

const CODES = {
  released: 0,
  declined: 1,
  nothing: 3,
} as const satisfies Record<ReleaseOutcome, ExitCode>;

type GlobalOptions = ConnectionOptions & { readonly json: boolean };

/** The commands and options. `ends` is called by a command that has an exit code other than 0. */
export function program(
  terminal: Terminal,
  version: string,
  ends: (code: ExitCode) => void,
): Command {
  const root = new Command('nestjs-etcd-lock')
    .description('Shows the locks that stand in etcd, and takes them away.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(withoutValues(text)),
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nEnds with 0: done, 1: not done, 2: wrong usage, 3: nothing to release.',
    );
  for (const option of globalOptions()) root.addOption(option);

  const run = async (
    command: Command,
    work: (context: CommandContext) => Promise<void>,
  ): Promise<void> => {
    const { json, ...options } = command.optsWithGlobals<GlobalOptions>();
    const connection = connect(options);
    try {
      await work({ ...connection, terminal, json });
    } finally {
      await connection.close();
    }
  };

  root
    .command('ls')
    .description('list the locks that somebody holds or waits for')
    .action((_, command: Command) => run(command, listLocks));
  root
    .command('show <key>')
    .description('show who holds a lock and who waits for it')
    .action((key: string, _, command: Command) =>
      run(command, (context) => showLock(context, key)),
    );
  root
    .command('watch [key]')
    .description('show all locks, or one, as they change')
    .action((key: string | undefined, _, command: Command) =>
      run(command, (context) => watchLocks(context, key)),
    );
  root
    .command('release <key>')
    .description('take a lock away from whoever holds it')
    .option('--yes', 'do not ask', false)
    .action((key: string, options: { yes: boolean }, command: Command) =>
      run(command, async (context) => {
        ends(CODES[await releaseLock(context, key, options)]);
      }),
    );
  return root;
}

/** An option that is misspelt may have a password after it. */
function withoutValues(message: string): string {
  return message.replace(/'(--[^'=]+)=[^]*'/g, "'$1'");
}

function globalOptions(): Option[] {
  return [
    new Option('--hosts <urls>', 'members of the cluster, with commas between')
      .env('ETCDCTL_ENDPOINTS')
      .default('http://127.0.0.1:2379'),
    new Option('--namespace <prefix>', 'what stands before the keys').default(
      'locks/',
    ),
    new Option('--cacert <file>', 'whom to trust, for https').env(
      'ETCDCTL_CACERT',
    ),
    new Option('--cert <file>', 'own certificate').env('ETCDCTL_CERT'),
    new Option('--key <file>', 'its private key').env('ETCDCTL_KEY'),
    new Option('--user <name>', 'user of etcd, or name:password').env(
      'ETCDCTL_USER',
    ),
    new Option('--password <password>', 'better in the environment').env(
      'ETCDCTL_PASSWORD',
    ),
    new Option('--timeout <duration>', 'for one request to etcd')
      .default(5_000, '5s')
      .argParser(duration),
    new Option('--json', 'write JSON, one value in a line').default(
      false,
      'no',
    ),
  ];
}

function duration(text: string): number {
  const parsed = /^\d+$/.test(text) ? Number(text) : text;
  try {
    const ms = milliseconds('timeout', parsed as `${number}s`);
    if (ms > 0 && ms < 2 ** 31) return ms;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('It must be a duration such as 500ms or 5s.');
}
