import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
} from '@nestjs/common';
import { askedHost } from './exchange.js';

interface Host {
  readonly name: string;
  readonly port: string | undefined;
}

const HOST =
  /^(\[[\da-f:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)\.?(?::(\d{1,5}))?$/i;

export function isHost(text: unknown): text is string {
  return typeof text === 'string' && HOST.test(text);
}

/**
 * Asked before all other guards: a page of another origin that has its own name lead to the
 * application (DNS rebinding) is of the board's origin for the browser, but asks for that name.
 */
export class AllowedHosts implements CanActivate {
  private readonly hosts: readonly Host[] | undefined;

  /** Without `hosts`: the names that no foreign site can have, of this machine and bare addresses. */
  constructor(hosts: readonly string[] | undefined) {
    this.hosts = hosts?.map((host) => parsed(host)!);
  }

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    const host = askedHost(headers) ?? '';
    if (this.allows(host)) return true;
    throw new ForbiddenException(
      `The lock board is not shown under the host ${JSON.stringify(host)}: "allowedHosts" does not have it.`,
    );
  }

  private allows(text: string): boolean {
    const asked = parsed(text);
    if (asked === undefined) return false;
    if (this.hosts === undefined) return isOwn(asked.name);
    return this.hosts.some(
      ({ name, port }) =>
        name === asked.name && (port === undefined || port === asked.port),
    );
  }
}

function parsed(text: string): Host | undefined {
  const [, name, port] = HOST.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), port };
}

function isOwn(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}
