import { isObject } from "../../is-object.ts";

const MASK = "**********";

/**
 * Reads an answer that refuses a request, as an error in the shape of an SDK's. AWS quotes a request whose signature it
 * refuses, with the token in it: `hidden` are replaced.
 */
export async function failedAnswer(response: Response, hidden: readonly string[]): Promise<Error> {
  const { status, headers } = response;
  const answer = hidden.reduce((text, secret) => text.replaceAll(secret, MASK), await response.text());
  const body = parse(answer);
  const [code = ""] = (headers.get("x-amzn-errortype") ?? "").split(":");
  const words = body.message ?? body.Message ?? (answer || "no words");
  const message = [code, words].filter(Boolean).join(": ");
  return Object.assign(new Error(message), { status, headers, error: body });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
