/** Length of a name. Conversations have 36 characters. */
const MAX_NAME = 64;
/** Names in one request. */
export const MAX_NAMES = 1_000;

/** Names that a node begins to follow at another one, and those that it no longer follows. */
export interface FollowRequest {
  readonly follow: readonly string[];
  readonly unfollow: readonly string[];
}

/** Writes a change of what is followed, as texts that each have a bound. */
export function toFollowTexts({ follow, unfollow }: FollowRequest): string[] {
  const texts: string[] = [];
  for (let start = 0; start < Math.max(follow.length, unfollow.length); start += MAX_NAMES) {
    const part = (names: readonly string[]) => names.slice(start, start + MAX_NAMES);
    texts.push(JSON.stringify({ follow: part(follow), unfollow: part(unfollow) }));
  }
  return texts;
}

/** Undefined for anything that is not of a node. */
export function readFollowText(data: string | Uint8Array): FollowRequest | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const value: { follow?: unknown; unfollow?: unknown } | null = JSON.parse(data);
    const follow = value?.follow;
    const unfollow = value?.unfollow;
    return areNames(follow) && areNames(unfollow) ? { follow, unfollow } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a text for those who follow a name; without one, something may be lost. Without a name: of every name. */
export function toSentText(name: string, text = ""): string {
  return `${name}\n${text}`;
}

/** Reads what a node has sent; undefined when it is not of a node. */
export function readSentText(sent: string): { name: string; text: string | undefined } | undefined {
  const end = sent.indexOf("\n");
  if (end === -1 || end > MAX_NAME) return undefined;
  return { name: sent.slice(0, end), text: sent.slice(end + 1) || undefined };
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_NAMES && value.every(isName);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME && !value.includes("\n");
}
