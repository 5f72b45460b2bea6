const BEARER = /^Bearer +(\S.*)$/i;

/** The token of `Authorization: Bearer`; null without one. */
export function bearerTokenIn(headers: Headers): string | null {
  return BEARER.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

/** The value of a cookie, as it was sent; null without one. The first of several of one name counts. */
export function cookieValue(request: Request, name: string): string | null {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
