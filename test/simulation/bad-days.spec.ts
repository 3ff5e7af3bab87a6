import { BAD_DAYS } from './scenario.js';
import { testFamilies } from './test-families.js';

testFamilies(BAD_DAYS, 1700);
