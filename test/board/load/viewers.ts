import { Agent, get } from 'node:http';

/** Opens the board `count` times at once, and ends when each has all that there is. */
const [url, count] = process.argv.slice(2) as [string, string];
/** Much longer than a viewer is kept waiting for the next piece. */
const SILENCE_MS = 2_000;

const agent = new Agent({ maxSockets: Infinity });
const start = performance.now();
let bytes = 0;
let lastAt = start;

const viewer = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = get(`${url}/events`, { agent }, (response) => {
      const end = () => {
        resolve();
        request.destroy();
      };
      let silence = setTimeout(end, SILENCE_MS);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        lastAt = performance.now();
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE_MS);
      });
      response.on('error', () => {});
    });
    request.on('error', reject);
  });

await Promise.all(Array.from({ length: Number(count) }, viewer));
process.stdout.write(JSON.stringify({ bytes, ms: lastAt - start }));
