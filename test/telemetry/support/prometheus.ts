import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePrometheus } from '../../../scripts/setup/prometheus.mjs';
import { freePort } from '../../support/free-port.js';
import {
  newDirectory,
  type OwnServer,
  startServer,
} from '../../support/own-server.js';

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly lastEvaluation: string;
}

export interface Prometheus extends OwnServer {
  /** What an instant query finds now. Rejects with what is wrong with it. */
  query(expression: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly Rule[]>;
}

/** A Prometheus with the documented configuration, but four looks a second, and no patience. */
export async function startPrometheus(
  targets: readonly string[],
): Promise<Prometheus> {
  const program = await ensurePrometheus();
  const directory = newDirectory('prometheus');
  mkdirSync(join(directory, 'data'));
  const quoted = targets.map((target) => `'${target}'`).join(', ');
  const config = changed('prometheus.yml', [
    [/15s/g, '250ms'],
    [/'127\.0\.0\.1:9464'/, quoted],
  ]);
  writeFileSync(join(directory, 'prometheus.yml'), config);
  const alerts = changed('prometheus-alerts.yml', [[/for: \w+/g, 'for: 0s']]);
  writeFileSync(join(directory, 'prometheus-alerts.yml'), alerts);
  const port = await freePort();
  const server = await startServer(
    program,
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { ready: 'Server is ready to receive web requests', directory },
  );
  const ask = async <T>(path: string): Promise<T> => {
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { data, error } = (await reply.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    return data;
  };
  return {
    ...server,
    async query(expression) {
      const query = encodeURIComponent(expression);
      const { result } = await ask<{ result: Sample[] }>(
        `query?query=${query}`,
      );
      return result;
    },
    async rules() {
      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules);
    },
  };
}

function changed(
  file: string,
  changes: readonly (readonly [RegExp, string])[],
): string {
  let text = readFileSync(join(docs, file), 'utf8');
  for (const [what, replacement] of changes) {
    const before = text;
    text = text.replace(what, replacement);
    if (text === before) throw new Error(`${file} has no ${String(what)}.`);
  }
  return text;
}
