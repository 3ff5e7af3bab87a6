const trueNow = Date.now.bind(Date);
let shiftMs = 0;

Date.now = () => trueNow() + shiftMs;

/** Sets this process's wall clock forth, or back. */
export function shiftWallClock(ms: number): void {
  shiftMs = ms;
}
