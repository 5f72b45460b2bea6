/** A process: what `node:http` alone makes of answering every request with the same bytes. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerBench } from "../../child.ts";

let body = "";
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  answerBench(({ answer }) => {
    body = String(answer);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
});
