// A tool of your own, given to every agent that names it. Run it with:  npm run example examples/05-custom-tool.ts
import { createServer, defineTool, type ServerOptions } from "agent-server";
import { z } from "zod";

/** Degrees Celsius by city; a real tool would ask a service. */
const DEGREES: Readonly<Record<string, number>> = { Oslo: 21, Bergen: 14 };

export const weather = defineTool({
  name: "weather",
  description: "Tells how warm it is in a city right now, in degrees Celsius.",
  input: z.object({ city: z.string().describe("Name of the city, in English") }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run({ city }) {
    const degrees = DEGREES[city];
    // The model gets the message of a throw and may try something else.
    if (degrees === undefined)
      throw new Error(`No station in ${city}. Known: ${Object.keys(DEGREES).join(", ")}`);
    return `${degrees} °C`;
  },
});

export function buildServer(options: ServerOptions = {}) {
  return createServer({ keyless: "loopback", tools: [weather], ...options });
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  const { url } = await buildServer().listen(port);
  console.log(`Agent server on ${url}; name the tool in a conversation: "tools": [{"name": "weather"}]`);
}
