import { parentPort } from "node:worker_threads";
import type { Message } from "./calls.ts";
import { Driver } from "./driver.ts";

const port = parentPort;
if (port !== null) {
  const driver = new Driver(port);
  port.on("message", (message: Message) => driver.take(message));
}
