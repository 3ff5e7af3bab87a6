import { type DiscoveryService, MetadataScanner } from '@nestjs/core';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method of something that an application provides. */
export interface ProvidedMethod {
  readonly method: Function;
  readonly name: string;
  /** The class that has or inherits it. */
  readonly type: Function;
  /** What it overrides: the methods of that name of the classes above, the nearest first. */
  readonly overridden: readonly Function[];
  /**
   * Whether Nest sets this property of the instance. It does where it builds the class; other
   * instances may have been built by Nest elsewhere.
   */
  injects(property: symbol): boolean;
}

export function* providedMethods(
  discovery: DiscoveryService,
): Generator<ProvidedMethod> {
  const wrappers = [...discovery.getControllers(), ...discovery.getProviders()];
  for (const wrapper of wrappers) {
    const prototype = prototypeOf(wrapper);
    if (!prototype) continue;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      yield {
        method: prototype[name] as Function,
        name,
        type: prototype.constructor,
        overridden: overriddenBy(prototype, name),
        injects: (property) =>
          !wrapper.isNotMetatype ||
          !wrapper.isDependencyTreeStatic() ||
          wrapper.instance?.[property] !== undefined,
      };
    }
  }
}

function overriddenBy(prototype: object, name: string): Function[] {
  const methods: Function[] = [];
  for (
    let home: object | null = prototype;
    home !== null;
    home = Object.getPrototypeOf(home) as object | null
  ) {
    const method: unknown = Object.getOwnPropertyDescriptor(home, name)?.value;
    if (typeof method === 'function') methods.push(method);
  }
  return methods.slice(1);
}

function prototypeOf(wrapper: Wrapper): Record<string, unknown> | undefined {
  if (!wrapper.isNotMetatype) return wrapper.metatype?.prototype;
  const { instance } = wrapper;
  return typeof instance === 'object' && instance !== null
    ? Object.getPrototypeOf(instance)
    : undefined;
}
