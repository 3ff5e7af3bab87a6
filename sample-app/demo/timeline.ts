const COLORS: Record<string, number> = { a: 36, b: 33, c: 35, etcd: 34 };

/** Prints who did what, and when since the start, one line each. */
export class Timeline {
  private readonly start = performance.now();
  private closed = false;
  private readonly colored = process.stdout.isTTY && !process.env.NO_COLOR;

  scene(title: string): void {
    this.print(`\n${this.paint(1, title)}`);
  }

  say(who: string, text: string): void {
    const seconds = ((performance.now() - this.start) / 1000).toFixed(3);
    const name = this.paint(COLORS[who] ?? 2, who.padEnd(4));
    this.print(`${seconds.padStart(8)} s  ${name}  ${text}`);
  }

  print(line: string): void {
    if (!this.closed) process.stdout.write(`${line}\n`);
  }

  /** From here on, what is still under way has nothing more to tell. */
  close(): void {
    this.closed = true;
  }

  paint(code: number, text: string): string {
    return this.colored ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
