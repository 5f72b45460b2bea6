import { isObject } from "../../is-object.ts";

/** Reads an answer that refuses a request, as an error in the shape of an SDK's. */
export async function failedAnswer(response: Response): Promise<Error> {
  const { status, headers } = response;
  const answer = await response.text();
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
