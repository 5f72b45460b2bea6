import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A request that the service got. */
export interface AskedService {
  authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  body: any;
}

/** What the service does with a request, in turn; the last one repeats. */
export type ServiceTurn = (response: ServerResponse) => void;

/** A service on loopback that rates actions, as GraySwan's does. */
export async function ratingService(...turns: ServiceTurn[]) {
  const asked: AskedService[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request));
    const turn = turns[asked.length] ?? turns.at(-1);
    asked.push({ authorization: request.headers.authorization, body });
    turn?.(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/monitor`, asked };
}

export function answer(
  body: object | string,
  status = 200,
  headers: Record<string, string> = {},
): ServiceTurn {
  const words = typeof body === "string" ? body : JSON.stringify(body);
  return (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(words);
}
