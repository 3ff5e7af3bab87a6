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

/** A room in which everybody who comes in sees who is inside, with books to write in. */
export interface WitnessRoom {
  /** Returns who else is inside. */
  enter(name: string): readonly string[];
  leave(name: string): void;
  write(book: string, line: string): void;
  read(book: string): readonly string[];
}

/** For the callers of one process. */
export class MemoryRoom implements WitnessRoom {
  private readonly inside = new Set<string>();
  private readonly books = new Map<string, string[]>();

  enter(name: string): readonly string[] {
    const others = [...this.inside];
    this.inside.add(name);
    return others;
  }

  leave(name: string): void {
    this.inside.delete(name);
  }

  write(book: string, line: string): void {
    this.books.set(book, [...this.read(book), line]);
  }

  read(book: string): readonly string[] {
    return this.books.get(book) ?? [];
  }
}

/** For processes: whoever comes in leaves a file, then looks who else has. */
export class DirectoryRoom implements WitnessRoom {
  constructor(readonly directory: string) {}

  static create(): DirectoryRoom {
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-room-'));
    ownDirectory(directory);
    return new DirectoryRoom(directory);
  }

  enter(name: string): readonly string[] {
    writeFileSync(this.path(`inside ${name}`), '', { flag: 'wx' });
    return readdirSync(this.directory)
      .filter((file) => file.startsWith('inside '))
      .map((file) => file.slice('inside '.length))
      .filter((other) => other !== name);
  }

  leave(name: string): void {
    rmSync(this.path(`inside ${name}`));
  }

  write(book: string, line: string): void {
    appendFileSync(this.path(book), `${line}\n`);
  }

  read(book: string): readonly string[] {
    const path = this.path(book);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  }

  remove(): void {
    removeDirectory(this.directory);
  }

  private path(file: string): string {
    return join(this.directory, file);
  }
}
