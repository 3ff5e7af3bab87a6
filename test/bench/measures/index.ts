import type { Measure } from './measure.js';
import { uncontended } from './p1-uncontended.js';
import { independent } from './p2-independent.js';
import { contended } from './p3-contended.js';
import { oneProcess } from './p4-one-process.js';
import { manyLocks } from './p5-many-locks.js';
import { decorator } from './p6-decorator.js';
import { takeOver } from './p7-take-over.js';
import { startUp } from './p8-start-up.js';
import { growth } from './p9-growth.js';
import { kept } from './p10-kept.js';

/** In this order: the last one fills the database. */
export const measures: readonly Measure[] = [
  uncontended,
  independent,
  contended,
  oneProcess,
  manyLocks,
  decorator,
  takeOver,
  startUp,
  kept,
  growth,
];
