// An MCP server of one file, over standard input and output. Its first argument is a JSON object:
// `tools` (a list, default: echo, add, env, picture, fail, die, hang, reshape and write), `name`, and what it does wrong: `mode`.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { tools, mode, pages, pause } = JSON.parse(process.argv[2] ?? "{}");

const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });
const TOOLS = [
  {
    name: "echo",
    description: "Says what it is told.",
    inputSchema: object({ text: { type: "string" }, loud: { type: "boolean" } }, ["text"]),
    annotations: { readOnlyHint: true },
  },
  {
    name: "add",
    description: "Adds.",
    inputSchema: object({ a: { type: "number" }, b: { type: "number" } }),
  },
  { name: "env", description: "Tells a variable.", inputSchema: object({ name: { type: "string" } }) },
  { name: "picture", description: "Gives a picture.", inputSchema: object({}) },
  { name: "fail", description: "Fails.", inputSchema: object({}) },
  { name: "die", description: "Ends the server.", inputSchema: object({}) },
  { name: "hang", description: "Never answers.", inputSchema: object({}) },
  { name: "reshape", description: "Changes the tools.", inputSchema: object({}) },
  {
    name: "write",
    description: "Writes a line to a file.",
    inputSchema: object({ file: { type: "string" }, line: { type: "string" } }),
  },
];

// An argument of a program cannot be as long as a description, or as ten thousand tools.
function inflated({ inflate = 0, copies = 0, ...tool }) {
  if (copies)
    return Array.from({ length: copies }, (_, index) => ({ ...tool, name: `${tool.name}${index}` }));
  return inflate ? { ...tool, description: "x".repeat(inflate) } : tool;
}

let current = tools?.flatMap(inflated) ?? TOOLS;

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value) => ({ content: [{ type: "text", text: value }] });
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function call({ name, arguments: args = {} }) {
  switch (name) {
    case "echo":
      return text(args.loud ? args.text.toUpperCase() : args.text);
    case "add":
      return text(String(args.a + args.b));
    case "env":
      return text(process.env[args.name] ?? "not set");
    case "picture":
      return {
        content: [
          { type: "text", text: "Here:" },
          { type: "image", data: PIXEL, mimeType: "image/png" },
        ],
      };
    case "fail":
      return { ...text("It did not work."), isError: true };
    case "die":
      process.stderr.write("I have had enough\n");
      process.exit(3);
      return undefined;
    case "hang":
      return undefined;
    case "write":
      appendFileSync(args.file, `${args.line}\n`);
      return text("written");
    case "reshape":
      current = [
        { ...TOOLS[0], description: "Says it in another way." },
        { ...TOOLS[1], name: "sum" },
      ];
      say({ method: "notifications/tools/list_changed" });
      return text("changed");
    default:
      return text(JSON.stringify(args));
  }
}

function list({ cursor } = {}) {
  if (!pages) return { tools: current };
  const page = Number(cursor ?? 0);
  const size = Math.ceil(current.length / pages);
  const nextCursor = page + 1 < pages ? { nextCursor: String(page + 1) } : {};
  return { tools: current.slice(page * size, (page + 1) * size), ...nextCursor };
}

function answer({ id, method, params }) {
  switch (method) {
    case "initialize":
      if (mode === "mute") return;
      return say({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: "small-server", version: "1" },
        },
      });
    case "tools/list":
      if (pause) return setTimeout(() => say({ id, result: list(params) }), pause);
      return say({ id, result: list(params) });
    case "tools/call": {
      const result = call(params);
      return result && say({ id, result });
    }
    default:
      if (id !== undefined) say({ id, error: { code: -32601, message: "Method not found" } });
  }
}

if (mode === "die-at-once") {
  process.stderr.write("no license found\n");
  process.exit(7);
}
// Stays when its input ends, as a server that is written badly does.
if (mode === "clingy") setInterval(() => {}, 1000);
if (mode === "nonsense") process.stdout.write('Welcome to the server!\n{"half": \n[]\n');
if (mode === "flood") {
  const line = `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x".repeat(200) } })}\n`;
  const pour = () => {
    while (process.stdout.write(line.repeat(50)));
    process.stdout.once("drain", pour);
  };
  pour();
}
if (mode === "junk") setInterval(() => process.stdout.write("junk\n".repeat(500)), 1);
if (mode === "long-line") setInterval(() => process.stdout.write("x".repeat(1024 * 1024)), 1);
if (mode === "storm") setInterval(() => say({ method: "notifications/tools/list_changed" }), 1);
if (mode === "ask") {
  setTimeout(
    () => say({ id: "s1", method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } }),
    300,
  );
  setTimeout(() => say({ id: "s2", method: "roots/list" }), 300);
  setTimeout(
    () => say({ id: "s3", method: "elicitation/create", params: { message: "?", requestedSchema: {} } }),
    300,
  );
}
createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
