import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { listening } from '../listening.js';

/** `header { revision: 7 }`, and nothing else: the whole reply to a read of nothing. */
export const REPLY = Buffer.from([0x0a, 0x02, 0x18, 0x07]);

export const GRPC = {
  ':status': 200,
  'content-type': 'application/grpc',
} as const;

/** A message as gRPC frames it. */
export function framed(message: Buffer, flag = 0): Buffer {
  const header = Buffer.alloc(5);
  header[0] = flag;
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

export interface PeerCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly session: ServerHttp2Session;
  /** From 0 on, over all connections. */
  readonly index: number;
}

/** Answers as etcd does when all is well. */
export function answerWell({ stream }: PeerCall, reply = REPLY): void {
  stream.respond(GRPC, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(framed(reply));
}

/** The other end of the connection, where it does what etcd does too seldom, or never. */
export class ScriptedPeer {
  readonly calls: PeerCall[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  private constructor(
    private readonly server: Http2Server,
    readonly endpoint: string,
  ) {}

  static async start(
    answer: (call: PeerCall) => void,
    settings: Settings = {},
  ): Promise<ScriptedPeer> {
    const server = createServer({ settings });
    const peer = new ScriptedPeer(server, await listening(server));
    server.on('sessionError', () => {});
    server.on('session', (session) => {
      peer.sessions.push(session);
      session.on('error', () => {});
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.resume();
      const session = stream.session as ServerHttp2Session;
      const call = { stream, headers, session, index: peer.calls.length };
      peer.calls.push(call);
      answer(call);
    });
    return peer;
  }

  stop(): void {
    for (const session of this.sessions) session.destroy();
    this.server.close();
  }
}
