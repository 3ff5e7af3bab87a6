import { testWorlds } from './test-worlds.js';

testWorlds((index) => index % 2 === 0);
