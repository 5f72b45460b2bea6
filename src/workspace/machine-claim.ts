/**
 * Header by which a server says under which claims it works with a machine: that on a conversation, and those on the
 * ones that it works for. A server that honours claims repeats it in its answer.
 */
export const CLAIM_HEADER = "x-machine-claim";

/** A claim on a conversation, as the machine sees it that the conversation works on. */
export interface MachineClaim {
  /** Dashed UUID of the conversation, in lower case. */
  readonly conversationId: string;
  /** Greater than that of every claim on the conversation before. */
  readonly fence: number;
}

/** The claims under which a workspace is open. */
export interface MachineClaims {
  /** The claim on the conversation first, then those on the ones that it works for. */
  readonly list: readonly MachineClaim[];
  /** Called when the machine refuses them, because another server works there under a later claim. */
  lost(): void;
}

const MAX_CLAIMS = 10;
const FORM = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/(\d{1,15})$/;

/** The text of the header: the conversation and the fence of each claim, `<uuid>/<fence>`, with commas between them. */
export function claimsText(claims: readonly MachineClaim[]): string {
  return claims.map(({ conversationId, fence }) => `${conversationId}/${fence}`).join(", ");
}

/** Reads the header. undefined for a text of another form, and for more than ten claims. */
export function readClaims(text: string): MachineClaim[] | undefined {
  const parts = text.split(/ *, */, MAX_CLAIMS + 1).map((part) => FORM.exec(part.trim()));
  if (parts.length > MAX_CLAIMS) return undefined;
  const claims: MachineClaim[] = [];
  for (const part of parts) {
    if (part === null) return undefined;
    claims.push({ conversationId: part[1] ?? "", fence: Number(part[2]) });
  }
  return claims;
}
