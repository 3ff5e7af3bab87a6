import { ConflictException } from '@nestjs/common';

export class StaleFenceError extends ConflictException {
  constructor(month: string, fence: bigint) {
    super(
      `the books of ${month} refuse fencing token ${fence}, a later holder has claimed them`,
    );
  }
}
