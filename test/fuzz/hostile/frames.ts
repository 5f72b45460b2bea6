import { text } from "./requests.ts";

const MASK = 0x80;

/** What a client sends on a socket whose upgrade the server has just accepted, each with what it is. */
export function hostileFrames(): [name: string, chunks: Buffer[]][] {
  return [
    ["a frame that is not masked", [Buffer.from([0x81, 0x02, 0x7b, 0x7d])]],
    ["reserved bits", [frame(0xf1, "{}")]],
    ["a kind of frame that there is not", [frame(0x83, "{}")]],
    ["a continuation of nothing", [frame(0x80, "{}")]],
    ["a text within a text", [frame(0x01, "{"), frame(0x81, "}")]],
    [
      "a message that never ends",
      Array.from({ length: 2_000 }, (_, at) => frame(at === 0 ? 0x01 : 0x00, "x")),
    ],
    ["a length beyond memory", [Buffer.from([0x81, MASK | 127, 0x7f, ...Array(7).fill(0xff), 0, 0, 0, 0])]],
    ["a length and nothing more", [Buffer.from([0x81, MASK | 126, 0xff, 0xff, 0, 0, 0, 0])]],
    ["text that is no UTF-8", [frame(0x81, Buffer.from([0xff, 0xfe, 0xc0]))]],
    ["bytes", [frame(0x82, Buffer.alloc(5_000, 0xff))]],
    ["a long ping", [frame(0x89, "x".repeat(126))]],
    ["pings without a pause", [Buffer.concat(Array.from({ length: 20_000 }, () => frame(0x89, "x")))]],
    ["a ping in parts", [frame(0x09, "x")]],
    ["a pong of nothing", [frame(0x8a, "x")]],
    ["a close of one byte", [frame(0x88, "x")]],
    ["a close with a code that there is not", [frame(0x88, Buffer.from([0xff, 0xff]))]],
    ["frames after a close", [frame(0x88, Buffer.from([0x03, 0xe8])), frame(0x81, "{}")]],
    ["no JSON", [frame(0x81, "nonsense")]],
    ["lists in lists", [frame(0x81, `${"[".repeat(30_000)}${"]".repeat(30_000)}`)]],
    [
      "a message that is none",
      [frame(0x81, '{"role":"user","content":{"__proto__":{"polluted":1}},"run":1e999}')],
    ],
    ["many messages", [Buffer.concat(Array.from({ length: 3_000 }, () => frame(0x81, "{}")))]],
    ["a first frame of a key", [frame(0x81, '{"type":"auth","session_api_key":["x"]}')]],
    ["an HTTP request", [text("GET /ready HTTP/1.1", "Host: x", "", "")]],
  ];
}

/** A masked frame with this first byte. The mask is all zeros, which is allowed. */
function frame(first: number, content: string | Buffer): Buffer {
  const payload = Buffer.from(content);
  const { length } = payload;
  const size = length < 126 ? [MASK | length] : [MASK | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), payload]);
}
