import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)(
  '@nestjs/core/package.json',
) as { version: string };

/** What the tests run on: `npm run matrix` has them run on others, too. */
export const NEST_MAJOR = Number.parseInt(version, 10);

// What Nest 11 itself does not do, whatever the application: test/transports/nest-itself.spec.ts.

/** Whether a client of a gateway on `ws` is told of an exception. Nest 11 is silent. */
export const NEST_TELLS_ON_WS = NEST_MAJOR >= 12;

/** Whether what a generator of a handler yields is sent. Nest 11 answers `{}`. */
export const NEST_SENDS_GENERATORS = NEST_MAJOR >= 12;
