import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { ConflictException } from '@nestjs/common';
import {
  Args,
  GraphQLModule,
  Mutation,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { expect } from 'vitest';
import { LockService } from 'nestjs-etcd-lock';
import { addressOf, application } from './support/application.js';
import {
  ALL_RESULTS,
  type Cell,
  GUARDED_ORDERS,
  ROUTED_ORDERS,
  SETTLED_RESULTS,
} from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Target } from './support/matrix.js';

interface Place {
  readonly decorator: (name: string) => MethodDecorator;
  readonly typeName: 'Query' | 'Mutation' | 'Thing';
  readonly ask: (field: string) => string;
  /** Whether Nest runs guards, interceptors and filters there. */
  readonly enhanced?: false;
}

const PLACES: Record<string, Place> = {
  'a query': {
    decorator: (name) => Query(name),
    typeName: 'Query',
    ask: (field) => `{ answer: ${field} }`,
  },
  'a mutation': {
    decorator: (name) => Mutation(name),
    typeName: 'Mutation',
    ask: (field) => `mutation { answer: ${field} }`,
  },
  'a field resolver': {
    decorator: (name) => ResolveField(name),
    typeName: 'Thing',
    ask: (field) => `{ thing { answer: ${field} } }`,
  },
  'a field resolver without enhancers': {
    decorator: (name) => ResolveField(name),
    typeName: 'Thing',
    ask: (field) => `{ thing { answer: ${field} } }`,
    enhanced: false,
  },
};

@Resolver('Thing')
class Things {
  @Query('thing')
  thing() {
    return {};
  }
}

function typeDefs(cells: readonly Cell[], typeName: string): string {
  const fields = cells.map(({ name }) => `${name}(id: ID!): String`).join('\n');
  return [
    'type Query { thing: Thing }',
    'type Thing { id: ID }',
    'type Mutation { nothing: Boolean }',
    `extend type ${typeName} { ${fields} }`,
  ].join('\n');
}

function graphql(name: string, place: Place): Target {
  const { enhanced = true } = place;
  const error = (message: string, extensions: object) => ({
    error: { message, extensions: expect.objectContaining(extensions) },
  });
  return {
    name,
    orders: enhanced ? GUARDED_ORDERS : ROUTED_ORDERS,
    results: enhanced ? ALL_RESULTS : SETTLED_RESULTS,
    async start(stage, cells, locks) {
      const type = lockedClass(stage, cells, {
        route: (cell) => [place.decorator(cell.name)],
        parameter: () => Args('id'),
        failure: () => new ConflictException('of the method'),
      });
      Resolver('Thing')(type);
      const app = await application({
        imports: [
          locks.module(),
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            typeDefs: typeDefs(cells, place.typeName),
            fieldResolverEnhancers: enhanced
              ? ['guards', 'interceptors', 'filters']
              : [],
          }),
        ],
        providers: [type, Things],
      });
      const address = await addressOf(app);
      stage.watch(app.get(LockService));
      return {
        methodOf: ({ name }) => type.prototype[name]!,
        close: () => app.close(),
        async call(cell) {
          const query = place.ask(`${cell.name}(id: "id")`);
          const response = await fetch(`http://${address}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query }),
          });
          const { data, errors } = (await response.json()) as any;
          if (!errors) return { value: (data.thing ?? data).answer };
          const [{ message, extensions }] = errors;
          return { error: { message, extensions } };
        },
      };
    },
    expected: {
      value: { value: 'value' },
      failure: error('of the method', { status: 409 }),
      ...(enhanced && {
        denied: error('Forbidden resource', { code: 'FORBIDDEN' }),
      }),
      busy: ({ lockKey }) =>
        enhanced
          ? error('Somebody else is at work on this. Try again later.', {
              code: 'LOCK_BUSY',
            })
          : error(`Lock "${lockKey}" is held by somebody else.`, {
              code: 'INTERNAL_SERVER_ERROR',
            }),
      skipped: { value: null },
      fallback: { value: 'fallback' },
    },
  };
}

for (const [name, place] of Object.entries(PLACES)) {
  describeMatrix(graphql(name, place));
}
