import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Fact, HistoryRecord, Stamp } from './history-record.js';

export function now(): Stamp {
  return {
    mono: Number(process.hrtime.bigint()) / 1e6,
    wall: Date.now(),
  };
}

/** What one process did. Written synchronously: what is recorded survives SIGKILL. */
export class HistoryFile {
  private readonly file: number;

  constructor(
    directory: string,
    readonly who: string,
  ) {
    this.file = openSync(join(directory, `${who}.ndjson`), 'a');
  }

  add(fact: Fact, at: Stamp = now()): void {
    const line: HistoryRecord = { ...at, who: this.who, ...fact };
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** All records of all processes, in the order in which they happened. */
export function readHistory(directory: string): HistoryRecord[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => linesOf(readFileSync(join(directory, name), 'utf8')))
    .sort((one, other) => one.mono - other.mono);
}

/** A process that was killed may have left half a line. */
function linesOf(text: string): HistoryRecord[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HistoryRecord);
}
