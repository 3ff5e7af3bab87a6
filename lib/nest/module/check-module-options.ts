import type { Duration } from '../../core/index.js';
import {
  checkedMaxKept,
  checkedNamespace,
  checkedStore,
  configuredDuration,
  problemsOf,
  ttlMilliseconds,
  typeProblems,
  unknownOptions,
} from '../../core/internal.js';
import type { EtcdLockModuleOptions } from './module-options.js';

const MODULE_OPTIONS = [
  'hosts',
  'auth',
  'tls',
  'client',
  'store',
  'namespace',
  'ttl',
  'waitTimeout',
  'keep',
  'maxKept',
  'label',
  'failFast',
  'preflight',
  'shutdownGrace',
  'mapError',
  'enabled',
  'allowDisabledInProduction',
] as const satisfies readonly (keyof EtcdLockModuleOptions)[];

/** Options that belong beside the others, where a factory of options cannot set them. */
const EXTRAS = ['name', 'isGlobal'];

/** Everything that is wrong with the options, but for what only the store can tell. */
export function moduleOptionProblems(options: EtcdLockModuleOptions): string[] {
  if (typeof options !== 'object' || options === null) {
    return ['The options must be an object.'];
  }
  const extras = EXTRAS.filter((name) => name in options);
  return [
    ...unknownOptions(options, [...MODULE_OPTIONS, ...EXTRAS]),
    ...extras.map(
      (name) =>
        `Option "${name}" belongs beside the factory, not in its result.`,
    ),
    ...sourceProblems(options),
    ...clientProblems(options),
    ...typeProblems('label', options.label, 'string'),
    ...typeProblems('failFast', options.failFast, 'boolean'),
    ...typeProblems('preflight', options.preflight, 'boolean'),
    ...typeProblems('mapError', options.mapError, 'function'),
    ...durationProblems(options),
    ...typeProblems('enabled', options.enabled, 'boolean'),
    ...typeProblems(
      'allowDisabledInProduction',
      options.allowDisabledInProduction,
      'boolean',
    ),
    ...disabledProblems(options),
  ];
}

function sourceProblems(options: EtcdLockModuleOptions): string[] {
  const { hosts, client, store } = options;
  const given = Object.entries({ hosts, client, store })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `"${name}"`);
  const problems: string[] = [];
  if (given.length !== 1) {
    problems.push(
      `Exactly one of "hosts", "client" and "store" must say where the locks are, got ${given.length === 0 ? 'none' : given.join(' and ')}.`,
    );
  }
  for (const name of ['auth', 'tls'] as const) {
    if (options[name] !== undefined && hosts === undefined) {
      problems.push(`Option "${name}" goes with "hosts".`);
    }
  }
  if (store !== undefined && store !== 'memory') {
    problems.push(...problemsOf(() => checkedStore(store)));
  }
  return problems;
}

/** Asks core about each option by itself. */
function clientProblems({
  namespace,
  maxKept,
}: EtcdLockModuleOptions): string[] {
  return [
    ...(namespace === undefined
      ? []
      : problemsOf(() => checkedNamespace(namespace))),
    ...problemsOf(() => checkedMaxKept(maxKept)),
  ];
}

const DURATIONS = ['ttl', 'waitTimeout', 'keep', 'shutdownGrace'] as const;

function durationProblems(options: EtcdLockModuleOptions): string[] {
  return DURATIONS.flatMap((name) =>
    problemsOf(() => {
      const duration = durationOf(options, name);
      if (name === 'ttl' && duration !== undefined) ttlMilliseconds(duration);
    }),
  );
}

/** Nobody is to find out from a damaged ledger that a switch was forgotten. */
function disabledProblems(options: EtcdLockModuleOptions): string[] {
  const { enabled, allowDisabledInProduction } = options;
  return enabled === false &&
    allowDisabledInProduction !== true &&
    process.env['NODE_ENV'] === 'production'
    ? [
        'Option "enabled" is false though NODE_ENV is production: nothing would exclude anything. If that is meant, set "allowDisabledInProduction".',
      ]
    : [];
}

/** @throws {LockConfigurationError} naming the option */
export function durationOf(
  options: EtcdLockModuleOptions,
  name: (typeof DURATIONS)[number],
): Duration | undefined {
  const duration = options[name];
  return duration === undefined
    ? undefined
    : configuredDuration(name, duration);
}
