import {
  Body,
  Controller,
  Get,
  Headers,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import {
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { CurrentLock, DistributedLock, type Lock } from 'nestjs-etcd-lock';
import { application } from './support/application.js';
import { Locks } from './support/matrix.js';

class Payment {
  @ApiProperty({ type: Number, minimum: 1 })
  readonly amount!: number;
}
class Receipt {
  @ApiProperty({ type: String, format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ type: [Payment] })
  readonly payments!: readonly Payment[];
}

const nothing = () => {};
/** What the compiler writes down when it emits metadata. */
const Typed = (...types: unknown[]) =>
  Reflect.metadata('design:paramtypes', types);

const PLACES = ['above', 'between', 'below'] as const;
type Place = (typeof PLACES)[number];

/** One API, whose methods are locked at one place among their decorators, or nowhere. */
function controllerOf(place: Place | undefined): new () => object {
  const at = (here: Place, key: (...args: any[]) => string) =>
    (here === place
      ? DistributedLock(key, { waitTimeout: 0 })
      : nothing) as MethodDecorator;
  const lockParameter = place === undefined ? () => nothing : CurrentLock;

  @ApiTags('orders')
  @Controller('orders')
  class OrdersController {
    @at('above', (id: string) => `order:${id}`)
    @Post(':id/payments')
    @at('between', (id: string) => `order:${id}`)
    @ApiOperation({ summary: 'Pays for an order' })
    @ApiBody({ type: Payment })
    @ApiOkResponse({ type: Receipt, description: 'What was paid' })
    @at('below', (id: string) => `order:${id}`)
    @Typed(String, Payment, String, Object)
    async pay(
      @Param('id') _id: string,
      @Body() _payment: Payment,
      @Headers('idempotency-key') _key: string,
      @lockParameter() _lock?: Lock,
    ): Promise<Receipt> {
      return new Receipt();
    }

    @at('above', () => 'list')
    @ApiOkResponse({ type: [Receipt] })
    @at('between', () => 'list')
    @Get()
    @at('below', () => 'list')
    @Typed(Number, String)
    list(
      @Query('page') _page: number,
      @Query('of') _customer?: string,
    ): readonly Receipt[] {
      return [];
    }
  }
  return OrdersController;
}

async function documentOf(controller: new () => object): Promise<string> {
  const app = await application({
    imports: [new Locks().module()],
    controllers: [controller],
  });
  try {
    await app.init();
    const config = new DocumentBuilder().setTitle('Orders').build();
    return JSON.stringify(SwaggerModule.createDocument(app, config), null, 2);
  } finally {
    await app.close();
  }
}

describe('the Swagger document', () => {
  it.each(PLACES)(
    'is the same with a lock %s the decorators',
    async (place) => {
      const locked = await documentOf(controllerOf(place));

      expect(locked).toBe(await documentOf(controllerOf(undefined)));
      expect(JSON.parse(locked)).toMatchObject({
        paths: {
          '/orders/{id}/payments': {
            post: {
              operationId: 'OrdersController_pay',
              summary: 'Pays for an order',
              tags: ['orders'],
              parameters: [{ name: 'id' }, { name: 'idempotency-key' }],
              requestBody: { required: true },
            },
          },
          '/orders': {
            get: { parameters: [{ name: 'page' }, { name: 'of' }] },
          },
        },
        components: { schemas: { Payment: {}, Receipt: {} } },
      });
    },
  );
});
