/** Maximum number of profiles of one kind. */
export const MAX_PROFILES = 50;

/** The name under which a profile is kept: `x.json` and `x` are one. */
export function canonicalProfileName(name: string): string {
  return name.endsWith(".json") ? name.slice(0, -".json".length) : name;
}

/** Sorts by the names of the reference's files, in which a hyphen stands before the end of a name. */
export function byFileName(one: { name: string }, other: { name: string }): number {
  const [first, second] = [`${one.name}.json`, `${other.name}.json`];
  return first < second ? -1 : Number(first > second);
}
