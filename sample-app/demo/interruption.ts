/**
 * Aborts when the demo is asked to stop, or when nobody reads its output any more. A second
 * Ctrl-C changes nothing: npm passes on the first one, so that it often arrives twice.
 */
export function interruption(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => asked.abort());
  }
  process.stdout.on('error', () => asked.abort());
  return asked.signal;
}
