export interface LogLine {
  readonly level: string;
  readonly context: string;
  readonly message: string;
}

/** Reads a line of Nest's JSON logger. Anything else counts as a message without a level. */
export function readLogLine(text: string): LogLine {
  try {
    const { level, context, message } = JSON.parse(text) as Partial<LogLine>;
    return {
      level: level ?? '',
      context: context ?? '',
      message: String(message),
    };
  } catch {
    return { level: '', context: '', message: text };
  }
}

/**
 * The story of the shop and every trouble; not how Nest mounts its routes, nor what the preflight
 * thinks of an etcd that was started for the demo.
 */
export function worthShowing({ level, context, message }: LogLine): boolean {
  if (level === 'error') return true;
  if (level === 'warn') return !message.includes('docs/preflight.md');
  if (context === 'Locks') return /ledger:|partition:/.test(message);
  return ['Ledger', 'Reports', 'Partitions'].includes(context);
}
