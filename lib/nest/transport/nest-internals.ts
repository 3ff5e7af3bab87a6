/**
 * What decorators of Nest write into the metadata of classes and methods, and Nest does not export.
 * The same from Nest 11 to 12; test/package tries it on each.
 */

/** Of a method: the interceptors around it, outermost first. */
export const INTERCEPTORS = '__interceptors__';

/** Of a method: that it answers with server-sent events. */
export const SSE = '__sse__';

/** Of a class and a method: the parameters by their kind and place, such as `1:0`. */
export const ROUTE_ARGUMENTS = '__routeArguments__';

/** Kinds of {@link ROUTE_ARGUMENTS} that are `@Res()` and `@Next()`. */
export const RES_OR_NEXT = /^[12]:/;

/** Of a class and a method: that `@Res({ passthrough: true })` leaves the answer to Nest. */
export const PASSTHROUGH = '__responsePassthrough__';

/** Of a class: the properties that Nest sets on its instances. */
export const INJECTED_PROPERTIES = 'self:properties_metadata';

/** Of a controller and a method: the versions of its routes. */
export const VERSION = '__version__';

/** Of a module, followed by the id of the application: the prefix of its routes. */
export const MODULE_PATH = '__module_path__';
