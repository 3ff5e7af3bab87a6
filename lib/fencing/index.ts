export { ClaimedKeys, KeyFence } from './key-fence.js';
export {
  type SqlFence,
  sqlFence,
  type SqlFenceOptions,
  type SqlStatement,
} from './sql-fence.js';
