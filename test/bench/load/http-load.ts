/** A process: asks for one URL on many connections, each as soon as it has its answer, and counts. */
import { connect, type Socket } from "node:net";
import { answerBench } from "../child.ts";

interface Counts {
  answers: number;
  stopped: boolean;
}

answerBench(async ({ url, connections, ms }) => {
  const { hostname, port, pathname } = new URL(String(url));
  const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
  const counts: Counts = { answers: 0, stopped: false };
  const sockets = Array.from({ length: Number(connections) }, () => connect(Number(port), hostname));
  for (const socket of sockets) keepAsking(socket, request, counts);
  await pause(300);
  const [from, started] = [counts.answers, performance.now()];
  await pause(Number(ms));
  const rate = ((counts.answers - from) * 1_000) / (performance.now() - started);
  counts.stopped = true;
  for (const socket of sockets) socket.destroy();
  return rate;
});

/** Answers are small and all of one length: the first one tells it. */
function keepAsking(socket: Socket, request: Buffer, counts: Counts): void {
  let length = 0;
  let received = 0;
  socket.on("data", (chunk) => {
    if (length === 0) length = lengthOf(chunk.toString("latin1"));
    received += chunk.length;
    if (received < length) return;
    received = 0;
    counts.answers += 1;
    if (!counts.stopped) socket.write(request);
  });
  socket.on("error", () => socket.destroy());
  socket.on("connect", () => socket.setNoDelay().write(request));
}

function lengthOf(answer: string): number {
  const head = answer.indexOf("\r\n\r\n") + 4;
  const body = /content-length: (\d+)/i.exec(answer)?.[1];
  if (head < 4 || body === undefined) throw new Error(`cannot read this answer: ${answer.slice(0, 200)}`);
  return head + Number(body);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
