/** A connection on which something is said that no client would say. */
export interface HostileRequest {
  name: string;
  chunks: Buffer[];
  /** Milliseconds between two chunks. Default: 0. */
  pause?: number;
  /** The request is never whole: that no answer comes is right. */
  isUnfinished?: boolean;
}

const CRLF = "\r\n";
const MIB = 1024 * 1024;

export function text(...lines: string[]): Buffer {
  return Buffer.from(lines.join(CRLF), "latin1");
}

/** Requests that break the rules of HTTP, or use them to the full. `key` is the session key of the server. */
export function hostileRequests(key: string): HostileRequest[] {
  const head = (request: string, ...headers: string[]) =>
    text(request, "Host: 127.0.0.1", `X-Session-API-Key: ${key}`, ...headers, "", "");
  const post = (...headers: string[]) => head("POST /api/conversations HTTP/1.1", ...headers);
  const whole = (name: string, ...chunks: Buffer[]): HostileRequest => ({ name, chunks });
  const unfinished = (name: string, ...chunks: Buffer[]): HostileRequest => ({
    ...{ name, chunks },
    isUnfinished: true,
  });
  const json = "Content-Type: application/json";
  return [
    whole("no request at all", text("hello", "", "")),
    whole("zeros", Buffer.alloc(4_096)),
    whole("a TLS handshake", Buffer.from("160301020001000001fc0303", "hex"), Buffer.alloc(600, 7)),
    whole("an HTTP/2 preface", text("PRI * HTTP/2.0", "", "SM", "", "")),
    whole("a version of HTTP that there is not", text("GET /ready HTTP/9.9", "Host: x", "", "")),
    whole("no host", text("GET /ready HTTP/1.1", "", "")),
    whole("two hosts", head("GET /api/conversations/count HTTP/1.1", "Host: example.com")),
    whole("a host that is no name", text("GET /ready HTTP/1.1", "Host: a b@[::1", "", "")),
    whole("a method that there is not", head("CONJURE /api/conversations HTTP/1.1")),
    whole("CONNECT", head("CONNECT example.com:443 HTTP/1.1")),
    whole("a whole URL as the path", head("GET http://example.com/api/settings HTTP/1.1")),
    whole("a path that is none", head("GET api/settings HTTP/1.1")),
    whole("two slashes", head("GET //example.com/%2e%2e/api/settings HTTP/1.1")),
    whole("percent signs", head("GET /api/settings/secrets/%ff%c0%80%zz%00 HTTP/1.1")),
    whole("dots", head("GET /api/file/download?path=/../../../../%2e%2e/etc/shadow%00.txt HTTP/1.1")),
    whole("a long path", head(`GET /${"a".repeat(64_000)} HTTP/1.1`)),
    whole("a long query", head(`GET /api/conversations/search?page_id=${"%41".repeat(5_000)} HTTP/1.1`)),
    whole("many parameters", head(`GET /api/conversations?${"ids=0&".repeat(2_000)} HTTP/1.1`)),
    whole("huge headers", head("GET /ready HTTP/1.1", `X-Big: ${"a".repeat(MIB)}`)),
    whole(
      "many headers",
      head("GET /ready HTTP/1.1", ...Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`)),
    ),
    whole("a header without a colon", head("GET /ready HTTP/1.1", "Nonsense")),
    whole("a header with a zero", head("GET /ready HTTP/1.1", "X-Zero: a\0b")),
    whole("a folded header", head("GET /ready HTTP/1.1", "X-Fold: a", " b")),
    whole("two keys", head("GET /api/conversations/count HTTP/1.1", "X-Session-API-Key: another")),
    whole(
      "headers of objects",
      head("GET /api/conversations/count HTTP/1.1", "__proto__: 1", "constructor: 2"),
    ),
    whole("a length that is no number", post(json, "Content-Length: 1e3")),
    whole("a negative length", post(json, "Content-Length: -1")),
    whole("a length beyond numbers", post(json, `Content-Length: ${"9".repeat(40)}`)),
    whole("two lengths", post(json, "Content-Length: 2", "Content-Length: 7"), text("{}")),
    whole(
      "a length and chunks",
      post(json, "Content-Length: 2", "Transfer-Encoding: chunked"),
      text("0", "", ""),
    ),
    whole("an encoding that there is not", post(json, "Transfer-Encoding: braided"), text("{}")),
    whole(
      "a chunk that is no number",
      post(json, "Transfer-Encoding: chunked"),
      text("zz", "{}", "0", "", ""),
    ),
    whole(
      "a chunk beyond numbers",
      post(json, "Transfer-Encoding: chunked"),
      text(`${"f".repeat(17)}`, "{}"),
    ),
    whole("a compressed body", post(json, "Content-Encoding: gzip", "Content-Length: 2"), text("{}")),
    whole("a body of no type", post("Content-Length: 2"), text("{}")),
    whole("a type that is none", post("Content-Type: ;;;=,", "Content-Length: 2"), text("{}")),
    whole("a charset that there is not", post(`${json}; charset=klingon`, "Content-Length: 2"), text("{}")),
    whole("no UTF-8", post(json, "Content-Length: 4"), Buffer.from([0x22, 0xff, 0xfe, 0x22])),
    whole("expect what cannot be", post(json, "Expect: a miracle", "Content-Length: 2"), text("{}")),
    whole(
      "requests in one piece",
      Buffer.concat(Array.from({ length: 200 }, () => head("GET /api/conversations/count HTTP/1.1"))),
    ),
    whole(
      "a request within a body",
      head("GET /ready HTTP/1.1", "Content-Length: 60"),
      head("DELETE /api/settings/secrets/x HTTP/1.1"),
    ),
    whole("a form without a boundary", uploadHead("multipart/form-data", 2, key), text("{}")),
    whole("a form that ends early", uploadHead("multipart/form-data; boundary=b", 3, key), text("--b")),
    whole(
      "a form with a boundary of many characters",
      uploadHead(`multipart/form-data; boundary=${"b".repeat(10_000)}`, 3, key),
      text("--b"),
    ),
    whole("an upgrade to nothing", head("GET /ready HTTP/1.1", "Connection: Upgrade", "Upgrade: nothing")),
    whole(
      "an upgrade to HTTP/2",
      head("GET /ready HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    ),
    whole("a range of no bytes", head("GET /docs HTTP/1.1", "Range: bytes=99999999999999999999-1,-0,a")),
    whole("many ranges", head("GET /docs HTTP/1.1", `Range: bytes=${"0-1,".repeat(3_000)}0-1`)),
    unfinished("half a request line", text("GET /api/conv")),
    unfinished("half a header", text("GET /ready HTTP/1.1", "Host: 127.0.0.1", "X-Sess")),
    unfinished("half a body", post(json, "Content-Length: 1000"), text('{"agent": ')),
    unfinished("half a chunk", post(json, "Transfer-Encoding: chunked"), text("ff", '{"agent": ')),
    {
      ...unfinished(
        "a slow body",
        post(json, "Content-Length: 1000"),
        ...Array.from('{"agent": {}', (one) => text(one)),
      ),
      pause: 100,
    },
    { ...unfinished("a slow header", ...Array.from("GET /ready HTTP/1.1", (one) => text(one))), pause: 100 },
  ];
}

function uploadHead(type: string, length: number, key: string): Buffer {
  return text(
    "POST /api/file/upload?path=/nowhere/at/all HTTP/1.1",
    "Host: 127.0.0.1",
    `X-Session-API-Key: ${key}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    "",
    "",
  );
}
