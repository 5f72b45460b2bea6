/** The label that stands for all values past the bound. */
export const OTHER = "other";

/** Characters of a value. A text of any length would be kept. */
const MAX_LENGTH = 100;

/**
 * Bounds the values of a label that users choose, such as names of models: the first ones keep their names, all others
 * share one. Every value of a label is a series that is kept as long as the process.
 */
export function boundedLabel(maxValues: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    const short = value.length > MAX_LENGTH ? value.slice(0, MAX_LENGTH) : value;
    if (known.has(short)) return short;
    if (known.size >= maxValues) return OTHER;
    known.add(short);
    return short;
  };
}
