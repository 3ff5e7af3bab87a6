import type { Readable, Writable } from 'node:stream';

/** Everything around the command that it reads and writes. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: Writable;
  /** Resolves when the user has had enough; from this call on that does not end the process. */
  interrupted(): Promise<void>;
}
