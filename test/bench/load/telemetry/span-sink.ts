/** A process: takes spans by OTLP over HTTP, counts the requests and throws them away. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerBench } from "../../child.ts";

let bytes = 0;
const sink = createServer((request, response) => {
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
});
await new Promise<void>((listening) => sink.listen(0, "127.0.0.1", listening));

answerBench(({ read }) => {
  if (read) return bytes;
  return `http://127.0.0.1:${(sink.address() as AddressInfo).port}/v1/traces`;
});
