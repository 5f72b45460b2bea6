import { isObject } from "../../is-object.ts";
import { LlmError } from "../llm-error.ts";
import { malformedReply, reportedFailure } from "./reply-fault.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

/** Characters of a malformed reply that an error quotes. */
const QUOTED = 200;

/** Whether an answer is a stream of events. Some servers answer a request for a stream with the whole reply. */
export function isEventStream({ headers }: Response): boolean {
  return !/\bjson\b/i.test(headers.get("content-type") ?? "");
}

/**
 * Reads a whole reply as a JSON object.
 *
 * @throws LlmError for a web page or another text, or the failure that the provider reports in its place
 */
export async function readJson(response: Response): Promise<Record<string, unknown>> {
  await refusePage(response);
  return parseReply(await response.text());
}

/** Reads a streamed reply as JSON objects, up to `[DONE]`. Throws the failure that the provider reports among them. */
export async function* readEvents(response: Response): AsyncGenerator<Record<string, unknown>> {
  await refusePage(response);
  if (response.body === null) return;
  for await (const data of readServerSentEvents(response.body)) {
    if (data.trim() === "[DONE]") return;
    yield parseReply(data);
  }
}

/** A wrong `base_url` often leads to the web page of a server. */
async function refusePage({ headers, body }: Response): Promise<void> {
  if (!/\bhtml\b/i.test(headers.get("content-type") ?? "")) return;
  await body?.cancel();
  const message = "the answer is a web page, not a model's reply: check base_url, which often ends in /v1";
  throw new LlmError("LLMBadRequestError", message);
}

function parseReply(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (!isObject(value)) throw malformedReply(`not a JSON object: ${text.slice(0, QUOTED)}`);
  if (value.error) throw reportedFailure(value.error);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
