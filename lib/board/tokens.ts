/** The `LockBoard` of a module. Known inside the module only. */
export const LOCK_BOARD = Symbol.for('nestjs-etcd-lock/board');
/** What its module was given. */
export const BOARD_OPTIONS = Symbol.for('nestjs-etcd-lock/board-options');
/** The class that has its routes. */
export const BOARD_CONTROLLER = Symbol.for('nestjs-etcd-lock/board-controller');
