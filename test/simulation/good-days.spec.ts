import { GOOD_DAYS } from './scenario.js';
import { testFamilies } from './test-families.js';

testFamilies(GOOD_DAYS, 1300);
