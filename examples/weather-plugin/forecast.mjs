// An MCP server of one tool, without packages: a line of JSON for each message.
import { createInterface } from "node:readline";

const FORECAST = {
  name: "forecast",
  description: "Tells the weather of a place.",
  inputSchema: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
};

const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "weather", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [FORECAST] }),
  "tools/call": ({ arguments: { place } }) => ({
    content: [{ type: "text", text: `${place}: 7 degrees, rain.` }],
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  const answer = ANSWERS[method];
  if (id !== undefined && answer !== undefined)
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: answer(params ?? {}) })}\n`);
}
