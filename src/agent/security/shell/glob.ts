/**
 * Whether a pattern of file names matches a whole text: `*`, `?` and `[a-z]`, `[!a]`. A bracket that is not closed
 * stands for itself. Meant for short texts: the time grows with the product of both lengths.
 */
export function matchesGlob(text: string, pattern: string): boolean {
  let positions = new Set([0]);
  for (const part of partsOf(pattern)) {
    if (positions.size === 0) return false;
    positions = part === "*" ? fromFirst(positions, text.length) : advanced(positions, text, part);
  }
  return positions.has(text.length);
}

/** Tells whether a character fits at one place of a pattern; `*` for any number of characters. */
type Part = "*" | ((character: string) => boolean);

function fromFirst(positions: ReadonlySet<number>, length: number): Set<number> {
  const first = Math.min(...positions);
  return new Set(Array.from({ length: length - first + 1 }, (_, index) => first + index));
}

function advanced(positions: ReadonlySet<number>, text: string, fits: Exclude<Part, "*">): Set<number> {
  const next = [...positions].filter((position) => position < text.length && fits(text.charAt(position)));
  return new Set(next.map((position) => position + 1));
}

function* partsOf(pattern: string): Generator<Part> {
  let index = 0;
  while (index < pattern.length) {
    const character = pattern.charAt(index);
    const end = character === "[" ? endOfSet(pattern, index) : -1;
    if (end > 0) yield setOf(pattern.slice(index + 1, end));
    else if (character === "*") yield "*";
    else if (character === "?") yield () => true;
    else yield (other) => other === character;
    index = Math.max(end, index) + 1;
  }
}

/** Position of the bracket that closes a set; -1 without. A set has at least one character, which may be a bracket. */
function endOfSet(pattern: string, start: number): number {
  return pattern.indexOf("]", start + (pattern.charAt(start + 1) === "!" ? 3 : 2));
}

function setOf(content: string): (character: string) => boolean {
  const isNegated = content.startsWith("!");
  const ranges = [...(isNegated ? content.slice(1) : content).matchAll(/(.)-(.)|(.)/gs)];
  return (character) => {
    const isListed = ranges.some(([, low, high, one]) =>
      one === undefined
        ? low !== undefined && high !== undefined && low <= character && character <= high
        : one === character,
    );
    return isListed !== isNegated;
  };
}
