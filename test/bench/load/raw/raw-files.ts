/** A process: what `node:http` and streams alone make of sending a file and of taking one. */
import { createReadStream, createWriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { answerBench } from "../../child.ts";

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? "", "http://any").searchParams.get("path") ?? "";
  if (request.method === "GET") {
    const { size } = await stat(path);
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    await pipeline(createReadStream(path), response);
    return;
  }
  await pipeline(request, createWriteStream(`${path}.tmp`));
  await rename(`${path}.tmp`, path);
  response.writeHead(200, { "content-type": "application/json" });
  response.end("{}");
});
server.listen(0, "127.0.0.1", () => {
  answerBench(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
