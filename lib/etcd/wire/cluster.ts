import type { Revision } from '../../core/index.js';
import {
  AUTHENTICATE_REQUEST,
  AUTHENTICATE_RESPONSE,
  MEMBER,
  MEMBER_LIST_RESPONSE,
  STATUS_RESPONSE,
} from './fields.js';
import { type Answer, type Header, headerOf } from './header.js';
import { Reader } from './reader.js';
import type { Writer } from './writer.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Token extends Answer {
  readonly token: string;
}

export interface MemberCount extends Answer {
  readonly voters: number;
  readonly learners: number;
}

/** What the member that was asked says of itself. */
export interface MemberStatus extends Header {
  readonly version: string;
  readonly learner: boolean;
  /** Alarms among them, such as `memberID:10276657743932975437 alarm:NOSPACE `. */
  readonly errors: readonly string[];
  readonly databaseBytes: number;
}

/** Of requests that say nothing. */
export function writeNothing(): void {}

export function writeCredentials(
  writer: Writer,
  { username, password }: Credentials,
): void {
  writer.text(AUTHENTICATE_REQUEST.password, password);
  writer.text(AUTHENTICATE_REQUEST.name, username);
}

export function readToken(reader: Reader, revision: Revision): Token {
  let token = '';
  for (let field; (field = reader.next()) !== 0;) {
    if (field === AUTHENTICATE_RESPONSE.token) token = reader.text();
    else reader.skip();
  }
  return { token, revision };
}

export function readMembers(reader: Reader, revision: Revision): MemberCount {
  let voters = 0;
  let learners = 0;
  for (let field; (field = reader.next()) !== 0;) {
    if (field !== MEMBER_LIST_RESPONSE.members) reader.skip();
    else if (readIsLearner(reader)) learners += 1;
    else voters += 1;
  }
  return { voters, learners, revision };
}

export function decodeStatus(bytes: Buffer): MemberStatus {
  let version = '';
  let learner = false;
  const errors: string[] = [];
  let databaseBytes = 0;
  const reader = new Reader(bytes);
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case STATUS_RESPONSE.version:
        version = reader.text();
        break;
      case STATUS_RESPONSE.dbSize:
        databaseBytes = reader.integer();
        break;
      case STATUS_RESPONSE.errors:
        errors.push(reader.text());
        break;
      case STATUS_RESPONSE.isLearner:
        learner = reader.flag();
        break;
      default:
        reader.skip();
    }
  }
  return { ...headerOf(bytes), version, learner, errors, databaseBytes };
}

function readIsLearner(reader: Reader): boolean {
  let learner = false;
  const end = reader.enter();
  for (let field; (field = reader.next()) !== 0;) {
    if (field === MEMBER.isLearner) learner = reader.flag();
    else reader.skip();
  }
  reader.leave(end);
  return learner;
}
