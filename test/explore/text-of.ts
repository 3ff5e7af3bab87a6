/** Anything that messages carry, as one text. */
export function textOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(
    value,
    (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part),
  );
  return text ?? '';
}
