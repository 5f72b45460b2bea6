import { isObject } from "../../is-object.ts";

const CLAIMS = "https://api.openai.com/auth";

/**
 * Reads the account that a token belongs to; null for one that names none. The signature is not checked: the token came
 * from its issuer over TLS, and the service that gets it checks it.
 */
export function accountOfToken(accessToken: string): string | null {
  const claims = payloadOf(accessToken)?.[CLAIMS];
  const id = isObject(claims) ? claims.chatgpt_account_id : undefined;
  // It becomes a header.
  return typeof id === "string" && /^[\w.-]{1,128}$/.test(id) ? id : null;
}

function payloadOf(token: string): Record<string, unknown> | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return isObject(payload) ? payload : undefined;
  } catch {
    return undefined;
  }
}
