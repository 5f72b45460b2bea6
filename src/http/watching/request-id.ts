/** Name of the header with the id of a request, in both directions. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Visible characters of ASCII: an id stands in logs and in a header of the answer. */
const ID = /^[\x21-\x7e]{1,128}$/;

/** The id that the client has given its request; undefined without one, and for a text that cannot be one. */
export function clientRequestId(request: Pick<Request, "headers">): string | undefined {
  const given = request.headers.get(REQUEST_ID_HEADER);
  return given !== null && ID.test(given) ? given : undefined;
}
