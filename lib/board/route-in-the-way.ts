import { RequestMethod, VERSION_NEUTRAL } from '@nestjs/common';
import {
  type ApplicationConfig,
  type DiscoveryService,
  MetadataScanner,
  type ModulesContainer,
} from '@nestjs/core';
import { MODULE_PATH, VERSION } from '../nest/transport/nest-internals.js';

// As decorators of Nest write them.
const PATH = 'path';
const METHOD = 'method';
const HOST = 'host';

interface Route {
  readonly method: RequestMethod;
  /** Between slashes. */
  readonly path: readonly string[];
  /** For a message. */
  readonly owner: string;
}

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

/**
 * A route of another controller that answers an address of this one, if there is any. Routes for
 * everything (`*`) are no collision: they are there for what nobody else answers.
 */
export function routeInTheWay(
  controller: Function,
  discovery: DiscoveryService,
  modules: ModulesContainer,
  config: ApplicationConfig,
): string | undefined {
  const routesOf = (wrapper: Wrapper) =>
    routes(wrapper, modules.applicationId, config);
  const all = discovery.getControllers();
  const own = all
    .filter(({ metatype }) => metatype === controller)
    .flatMap(routesOf);
  const others = all
    .filter(({ metatype }) => metatype !== controller)
    .flatMap(routesOf);
  return others.find((other) => own.some((route) => answers(other, route)))
    ?.owner;
}

function routes(
  { metatype, host }: Wrapper,
  applicationId: string,
  config: ApplicationConfig,
): Route[] {
  if (!metatype || Reflect.getMetadata(HOST, metatype)) return [];
  const prototype = metatype.prototype as Record<string, Function>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name]!;
    const paths = list(Reflect.getMetadata(PATH, handler));
    if (isVersioned(metatype, handler, config)) return [];
    const modulePath = host?.metatype
      ? (Reflect.getMetadata(MODULE_PATH + applicationId, host.metatype) ??
        Reflect.getMetadata(MODULE_PATH, host.metatype))
      : undefined;
    return list(Reflect.getMetadata(PATH, metatype)).flatMap((base) =>
      paths.map((path) => ({
        method: Reflect.getMetadata(METHOD, handler) as RequestMethod,
        path: [modulePath ?? '', base, path]
          .join('/')
          .split('/')
          .filter(Boolean),
        owner: `${metatype.name}.${name}()`,
      })),
    );
  });
}

/** A versioned route has another address, or lets through what is meant for others. */
function isVersioned(
  controller: Function,
  handler: Function,
  config: ApplicationConfig,
): boolean {
  const versioning = config.getVersioning();
  if (versioning === undefined) return false;
  const version =
    Reflect.getMetadata(VERSION, handler) ??
    Reflect.getMetadata(VERSION, controller) ??
    versioning.defaultVersion;
  if (version === undefined) return false;
  return !list(version as typeof VERSION_NEUTRAL).includes(VERSION_NEUTRAL);
}

function answers(other: Route, { method, path }: Route): boolean {
  return (
    (other.method === method || other.method === RequestMethod.ALL) &&
    other.path.length === path.length &&
    other.path.every(
      (part, index) => part === path[index] || part.startsWith(':'),
    )
  );
}

function list<T>(value: T | readonly T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...value] : [value as T];
}
