import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface AskedCritic {
  authorization: string | undefined;
  path: string | undefined;
  body: { model: string; input: string };
}

/** What the service does with a request, in turn; the last one repeats. */
export type CriticTurn = (response: ServerResponse) => void;

/** A classifier on loopback, as critics ask it. */
export async function criticService(...turns: CriticTurn[]) {
  const asked: AskedCritic[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = JSON.parse(await text(request));
    const turn = turns[asked.length] ?? turns.at(-1);
    asked.push({ authorization: request.headers.authorization, path: request.url, body });
    turn?.(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/vllm`, asked };
}

/** Answers with probabilities: success first, everything else 0.1, with some of the 26 others by their places. */
export function probabilities(success: number, others: Readonly<Record<number, number>> = {}): CriticTurn {
  const probs = Array.from({ length: 27 }, (_, place) => (place === 0 ? success : (others[place] ?? 0.1)));
  return answer(JSON.stringify({ data: [{ probs, num_classes: probs.length }] }));
}

export function answer(body: string, status = 200): CriticTurn {
  return (response) => response.writeHead(status, { "content-type": "application/json" }).end(body);
}
