/** Only spreads retries: nothing depends on its quality. */
export const systemRandom = (): number => Math.random();
