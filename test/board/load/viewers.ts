import { Agent, get } from 'node:http';

/** Opens the board `count` times at once, and ends when each has all that there is. */
const [url, count] = process.argv.slice(2) as [string, string];
const ALL_SENT = Buffer.from('"complete":true');

const agent = new Agent({ maxSockets: Infinity });
const start = performance.now();
let bytes = 0;
let lastAt = start;

const viewer = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = get(`${url}/events`, { agent }, (response) => {
      let tail = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        lastAt = performance.now();
        // It may come in two pieces.
        const around = Buffer.concat([tail, chunk]);
        tail = around.subarray(-ALL_SENT.length);
        if (!around.includes(ALL_SENT)) return;
        resolve();
        request.destroy();
      });
      response.on('error', () => {});
    });
    request.on('error', reject);
  });

await Promise.all(Array.from({ length: Number(count) }, viewer));
process.stdout.write(JSON.stringify({ bytes, ms: lastAt - start }));
