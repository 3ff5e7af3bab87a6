/** Codes of gRPC's statuses, as far as they are told apart here. */
export const STATUS = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Why a call or a stream failed, whatever road it went. */
export class CallFailure extends Error {
  static {
    this.prototype.name = 'CallFailure';
  }

  constructor(
    message: string,
    /** gRPC's status; undefined where the connection ended. */
    readonly status: number | undefined,
    /** Whether any of the call may have reached etcd. */
    readonly reached: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The other end says that it has not looked at a call: another connection may take it. */
export class StreamRefused extends CallFailure {
  constructor(message: string) {
    super(message, STATUS.unavailable, false);
  }
}
