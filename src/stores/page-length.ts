/** Adds up lengths. True from the one on with which they are more than `maxLength` together. */
export function longerThan(maxLength = Number.POSITIVE_INFINITY): (length: number) => boolean {
  let sum = 0;
  return (length) => {
    sum += length;
    return sum > maxLength;
  };
}
