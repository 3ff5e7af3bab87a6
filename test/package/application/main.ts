import { deepStrictEqual } from 'node:assert';
import { expected, useLocks } from './application.js';

void useLocks().then((seen) => {
  deepStrictEqual(seen, expected);
  console.log('as expected');
});
