/**
 * A process: an OpenAI-compatible model on loopback that thinks for no time and does not even parse what it is asked.
 * Each script (the first part of the path) calls `think` at every step, and answers in words at those it is told to.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerBench } from "../child.ts";

interface Script {
  /** When each request had come in whole, in milliseconds. */
  arrivals: number[];
  lastBody: string;
  /** Steps, counted from 1, that end a run. */
  ends: ReadonlySet<number>;
  /** Run at every other step, in the terminal. */
  command: string | undefined;
}

const scripts = new Map<string, Script>();

const server = createServer((request, response) => {
  const script = scriptOf(request.url?.split("/")[1] ?? "");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    script.arrivals.push(performance.timeOrigin + performance.now());
    const step = script.arrivals.length;
    if (script.ends.has(step)) script.lastBody = Buffer.concat(chunks).toString();
    const body = reply(step, script);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});

function scriptOf(name: string): Script {
  let script = scripts.get(name);
  if (script === undefined) {
    script = { arrivals: [], lastBody: "", ends: new Set(), command: undefined };
    scripts.set(name, script);
  }
  return script;
}

function reply(step: number, { ends: endsAt, command }: Script): string {
  const ends = endsAt.has(step);
  const [name, args] =
    command !== undefined && step % 2 === 1
      ? ["terminal", { command: `${command} # ${step}` }]
      : ["think", { thought: `Step ${step}: nothing to do yet.` }];
  const called = { name, arguments: JSON.stringify(args) };
  const call = { id: `call_${step}`, type: "function", function: called };
  const message = ends
    ? { role: "assistant", content: "Done." }
    : { role: "assistant", content: null, tool_calls: [call] };
  return JSON.stringify({
    id: `reply-${step}`,
    object: "chat.completion",
    created: 1,
    model: "scripted",
    choices: [{ index: 0, message, finish_reason: ends ? "stop" : "tool_calls" }],
    usage: { prompt_tokens: 1_000, completion_tokens: 20, total_tokens: 1_020 },
  });
}

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  answerBench(({ load, ends, command, read }) => {
    if (typeof load === "string") {
      const steps = new Set(ends as number[]);
      scripts.set(load, { arrivals: [], lastBody: "", ends: steps, command: command as string | undefined });
      return `http://127.0.0.1:${port}/${load}/v1`;
    }
    return { arrivals: scriptOf(String(read)).arrivals, lastBody: scriptOf(String(read)).lastBody };
  });
});
