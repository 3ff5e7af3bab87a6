import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownDirectory, removeDirectory } from './owned-process.js';

/** What a lock is expected to let in together. */
export type Company = 'exclusive' | 'shared' | number;

export interface Visit {
  readonly token: bigint;
  readonly pid: number;
  readonly company: Company;
  /** How many others were inside when it came in. */
  readonly others: number;
}

let entries = 0;

/**
 * Watches a room that a lock is said to guard. It is a directory, and knows nothing of locks:
 * whoever comes in leaves a file there, then looks who else has.
 */
export class Witness {
  private constructor(readonly directory: string) {}

  static newRoom(): Witness {
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-room-'));
    ownDirectory(directory);
    return new Witness(directory);
  }

  static of(directory: string): Witness {
    return new Witness(directory);
  }

  /** Comes in, on behalf of a holder that may be inside in this company only; returns the way out. */
  enter(token: bigint, company: Company): () => void {
    const own = `inside ${company} ${process.pid}-${(entries += 1)}`;
    const path = join(this.directory, own);
    writeFileSync(path, '', { flag: 'wx' });
    const others = readdirSync(this.directory).filter(
      (name) => name.startsWith('inside') && name !== own,
    );
    if (!tolerates(company, others)) {
      this.append('violations', `${own} met ${others.join(', ')}`);
    }
    this.append(
      'visits',
      `${token} ${process.pid} ${company} ${others.length}`,
    );
    return () => rmSync(path);
  }

  /** In the order in which they came in. */
  get seen(): readonly Visit[] {
    return this.lines('visits').map((line) => {
      const [token, pid, company, others] = line.split(' ');
      return {
        token: BigInt(token!),
        pid: Number(pid),
        company: (Number(company) || company) as Company,
        others: Number(others),
      };
    });
  }

  get violations(): readonly string[] {
    return this.lines('violations');
  }

  close(): void {
    removeDirectory(this.directory);
  }

  private append(file: string, line: string): void {
    appendFileSync(join(this.directory, file), `${line}\n`);
  }

  private lines(file: string): string[] {
    const path = join(this.directory, file);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  }
}

function tolerates(company: Company, others: readonly string[]): boolean {
  if (company === 'exclusive') return others.length === 0;
  if (company === 'shared')
    return others.every((name) => name.startsWith('inside shared'));
  return others.length < company;
}
