export type { EtcdLockBoardOptions } from './board-options.js';
export { EtcdLockBoardModule } from './etcd-lock-board.module.js';
