/** A process: sends and takes files over one connection, and says how long each took. */
import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerBench } from "../child.ts";

const agent = new Agent({ keepAlive: true });
const PIECE = Buffer.alloc(64 * 1024, "0123456789abcdef");
const BOUNDARY = "----part-of-the-bench";
const HEAD = Buffer.from(
  `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n\r\n`,
);
const TAIL = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

interface Load {
  /** Address of the file. */
  url: string;
  bytes: number;
  /** `form`: an upload as clients send it. `raw`: the bytes alone. `take`: a download. */
  way: "form" | "raw" | "take";
}

answerBench(async (message) => {
  const load = message as unknown as Load;
  const from = performance.now();
  const taken = await (load.way === "take" ? take(load) : send(load));
  if (load.way === "take" && taken !== load.bytes) throw new Error(`${taken} bytes came`);
  return performance.now() - from;
});

/** The number of bytes of the answer. */
function take({ url }: Load): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200 ? resolve(bytes) : reject(new Error(`download: ${response.statusCode}`)),
      );
    });
    sent.on("error", reject).end();
  });
}

function send({ url, bytes, way }: Load): Promise<number> {
  const isForm = way === "form";
  const type = isForm ? `multipart/form-data; boundary=${BOUNDARY}` : "application/octet-stream";
  const length = bytes + (isForm ? HEAD.length + TAIL.length : 0);
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": length };
    const sent = request(url, { agent, method: "POST", headers }, (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200 ? resolve(0) : reject(new Error(`upload: ${response.statusCode}`)),
      );
    });
    pipeline(
      Readable.from(pieces(bytes, isForm), { objectMode: false, highWaterMark: PIECE.length }),
      sent,
    ).catch(reject);
  });
}

function* pieces(bytes: number, isForm: boolean): Generator<Buffer> {
  if (isForm) yield HEAD;
  for (let left = bytes; left > 0; left -= PIECE.length)
    yield PIECE.subarray(0, Math.min(left, PIECE.length));
  if (isForm) yield TAIL;
}
