/** Texts that the braces of one pattern may stand for. */
const MAX_TEXTS = 256;

/**
 * Writes out `{a,b}` in a glob, also one inside the other. undefined for braces that do not close, and for too many
 * texts.
 */
export function expandBraces(glob: string): string[] | undefined {
  const open = [glob];
  const done: string[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = innermost(next);
    if (group === null) return undefined;
    if (group === undefined) done.push(next);
    else open.push(...group.toReversed());
    if (open.length + done.length > MAX_TEXTS) return undefined;
  }
  return done;
}

/** The texts of the first group that holds no other; undefined without a group, null for one that does not close. */
function innermost(glob: string): string[] | undefined | null {
  const tokens = glob.matchAll(/\\.|\[(?:\\.|[^\]\\])+\]|[{},]/g);
  let start: number | undefined;
  let commas: number[] = [];
  for (const { 0: token, index } of tokens) {
    if (token === "{") {
      start = index;
      commas = [];
    } else if (token === "," && start !== undefined) commas.push(index);
    else if (token === "}" && start !== undefined) return alternatives(glob, { start, commas, end: index });
  }
  return start === undefined ? undefined : null;
}

function alternatives(
  glob: string,
  { start, commas, end }: { start: number; commas: readonly number[]; end: number },
): string[] {
  const edges = [start, ...commas, end];
  return edges
    .slice(1)
    .map(
      (edge, index) => glob.slice(0, start) + glob.slice((edges[index] ?? 0) + 1, edge) + glob.slice(end + 1),
    );
}
