/**
 * Adds to a list that mostly has one member, and gives it back: an array that begins empty gets room
 * for seventeen, more than the rest of a lock weighs.
 */
export function withOneMore<T>(list: T[], member: T): T[] {
  if (list.length === 0) return [member];
  list.push(member);
  return list;
}

/** Whether it was there. */
export function takeOut<T>(list: T[], member: T): boolean {
  const index = list.indexOf(member);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
