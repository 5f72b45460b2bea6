const JSON_TYPE = "application/json";

/** An answer before it becomes a `Response`: a host may write it as it is, which costs a fraction of one. */
export interface Answer {
  /** HTTP status. */
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Text; null for no body. */
  body: string | null;
}

export function jsonAnswer(status: number, body: unknown, headers?: Record<string, string>): Answer {
  return textAnswer(status, JSON.stringify(body), { "content-type": JSON_TYPE, ...headers });
}

export function textAnswer(status: number, body: string | null, headers: Record<string, string>): Answer {
  return { status, headers, body };
}

/** No body and, since clients parse by it, no content type. */
export function emptyAnswer(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: null };
}

/**
 * Tells a `Response` from an answer that is not one yet. The name `Response` itself would load Node's whole fetch, a
 * quarter of a start, for answers that need none of it.
 */
export function isResponse(answer: object): answer is Response {
  return "arrayBuffer" in answer;
}

export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}
