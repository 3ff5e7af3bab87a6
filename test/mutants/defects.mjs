import { AWARENESS } from './awareness.mjs';
import { BOARD } from './board.mjs';
import { DOOR } from './door.mjs';
import { EXCLUSION } from './exclusion.mjs';
import { KEPT } from './kept.mjs';
import { NEST } from './nest.mjs';
import { QUEUE } from './queue.mjs';
import { REFUSALS } from './refusals.mjs';
import { RESTORES } from './restores.mjs';
import { ROAD } from './road.mjs';
import { WIRE } from './wire.mjs';

/**
 * A deliberate defect: the library with `line` replaced by `instead` must fail `test`.
 *
 * @typedef {object} Defect
 * @property {number} [promise] the promise it breaks, by its number in docs/safety.md, if it is one
 * @property {string} title
 * @property {string} file
 * @property {string} line stands exactly once in the file
 * @property {string} instead
 * @property {string} suite
 * @property {string} test the name of one that fails
 * @property {string} [found] what found it, where it once was a real one
 */

/** @type {Defect[]} */
export const DEFECTS = [
  ...EXCLUSION,
  ...AWARENESS,
  ...QUEUE,
  ...REFUSALS,
  ...KEPT,
  ...RESTORES,
  ...ROAD,
  ...WIRE,
  ...DOOR,
  ...BOARD,
  ...NEST,
];
