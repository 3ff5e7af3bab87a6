export { CurrentLock } from './current-lock.decorator.js';
export {
  DistributedLock,
  type LockedMethodDecorator,
} from './distributed-lock.decorator.js';
export { DistributedLockInterceptor } from './distributed-lock.interceptor.js';
export type {
  BusyInfo,
  BusyPolicy,
  DistributedLockDefaults,
  DistributedLockOptions,
  StoreErrorInfo,
  StoreErrorPolicy,
} from './method/distributed-lock-options.js';
export { EtcdLockModule } from './module/etcd-lock.module.js';
export { LockContext } from './lock-context.js';
export { LockExceptionFilter } from './lock-exception.filter.js';
export { LockService } from './service/lock.service.js';
export {
  type LockErrorMapper,
  type LockErrorMapperOptions,
  lockErrorMapper,
} from './transport/lock-error-mapper.js';
export {
  type ContextKey,
  fromContext,
  type LockedMethodKey,
} from './method/method-key.js';
export type {
  ConfiguredDuration,
  EtcdLockModuleAsyncOptions,
  EtcdLockModuleExtras,
  EtcdLockModuleOptions,
  EtcdLockOptionsFactory,
} from './module/module-options.js';
export { getLockServiceToken, InjectLockService } from './service/tokens.js';
