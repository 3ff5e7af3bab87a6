import {
  type CanActivate,
  Controller,
  Get,
  Inject,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { sendEvents } from './event-stream.js';
import { Exchange } from './exchange.js';
import { sendIcon } from './icon.js';
import { LockBoard } from './lock-board.js';
import { sendFile, sendPage } from './page.js';
import { releaseLock } from './release-lock.js';
import { LOCK_BOARD } from './tokens.js';

type Guard = Type<CanActivate> | CanActivate;

/** A class of its own for each board, for its path and its guards stand on the class. */
export function boardController(
  path: string,
  guards: readonly Guard[],
  releaseGuards: readonly Guard[],
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(...guards)
  class EtcdLockBoardController {
    constructor(@Inject(LOCK_BOARD) private readonly board: LockBoard) {}

    @Get()
    async page(@Req() request: unknown, @Res() response: unknown) {
      await sendPage(new Exchange(request, response));
    }

    @Get('board.js')
    async script(@Req() request: unknown, @Res() response: unknown) {
      await sendFile(new Exchange(request, response), 'script');
    }

    @Get('board.css')
    async style(@Req() request: unknown, @Res() response: unknown) {
      await sendFile(new Exchange(request, response), 'style');
    }

    @Get('icon.svg')
    icon(@Req() request: unknown, @Res() response: unknown) {
      sendIcon(new Exchange(request, response));
    }

    @Get('events')
    events(@Req() request: unknown, @Res() response: unknown) {
      sendEvents(new Exchange(request, response), this.board);
    }

    @Post('release')
    @UseGuards(...releaseGuards)
    async release(@Req() request: unknown, @Res() response: unknown) {
      await releaseLock(new Exchange(request, response), this.board);
    }
  }
  return EtcdLockBoardController;
}
