import type { Duplex } from "node:stream";
import { http } from "./http-module.ts";

/** Writes an error answer to a connection that Node's HTTP server has released, and ends the connection. */
export async function refuse(connection: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const head = [`HTTP/1.1 ${response.status} ${http.STATUS_CODES[response.status] ?? "Refused"}`];
  for (const [name, value] of response.headers) head.push(`${name}: ${value}`);
  head.push(`content-length: ${body.length}`, "connection: close", "", "");
  connection.once("finish", () => connection.destroy());
  connection.end(Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), body]));
}
