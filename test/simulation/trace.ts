/** Writes down one thing that happened, if anybody wants to read it. */
export type Trace = (who: string, what: () => string) => void;

export const NO_TRACE: Trace = () => {};
