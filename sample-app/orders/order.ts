import {
  BadRequestException,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';

export interface Order {
  readonly sku: string;
  readonly quantity: number;
}

@Injectable()
export class ParseOrderPipe implements PipeTransform<unknown, Order> {
  transform(body: unknown): Order {
    const { sku, quantity = 1 } = (body ?? {}) as Partial<Order>;
    if (typeof sku !== 'string' || !/^[\w-]{1,64}$/.test(sku)) {
      throw new BadRequestException('sku: 1 to 64 letters, digits, "-", "_"');
    }
    if (!Number.isInteger(quantity) || quantity < 1) {
      throw new BadRequestException('quantity: a whole number above 0');
    }
    return { sku, quantity };
  }
}
