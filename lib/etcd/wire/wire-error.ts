/**
 * Bytes that are not the message they should be, or a request that no message can hold. The one
 * error of this folder.
 */
export class WireError extends Error {
  static {
    this.prototype.name = 'WireError';
  }
}
