/** The names that fragments in the documentation use without importing them. */
export const FRAGMENT_CONTEXT = `
declare const Injectable: typeof import('@nestjs/common').Injectable;
type OnApplicationShutdown = import('@nestjs/common').OnApplicationShutdown;
declare const NestFactory: typeof import('@nestjs/core').NestFactory;
declare class AppModule {}

declare const EtcdLockStore: typeof import('nestjs-etcd-lock/nestjs-locks').EtcdLockStore;
type EtcdLockStore = import('nestjs-etcd-lock/nestjs-locks').EtcdLockStore;
declare const election: import('nestjs-etcd-lock/election').LeaderElection;

/** Of \`@nestjs/locks\`. */
declare class LocksStorage {
  registerSource(store: object): void;
}
`;
