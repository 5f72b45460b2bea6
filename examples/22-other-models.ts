// Other models when one fails, and a choice of models for each prompt. Run it with:  npm run example examples/22-other-models.ts
import {
  createServer,
  type Llm,
  multimodalRouter,
  type ServerOptions,
  text,
  withFallbacks,
} from "agent-server";

/** A provider of your own, asked in its own way. It sees no images, so that these are left out of its prompts. */
function houseModel(): Llm {
  return {
    vision: false,
    decorated: true,
    async complete({ messages }) {
      const answer = `The house model read ${messages.length} messages.`;
      return {
        message: { role: "assistant", content: [text(answer)] },
        id: "",
        model: "house",
        usage: null,
        cost: 0,
        contextWindow: 0,
        latency: 0,
      };
    },
  };
}

export function buildServer(options: ServerOptions = {}) {
  return createServer({
    keyless: "loopback",
    createLlm(config, builtIn) {
      switch (config.model) {
        // The model in the variable MODEL. When its provider is down or its quota used up, the house answers.
        case "company/safe":
          return withFallbacks(builtIn({ ...config, model: process.env.MODEL ?? "demo/tour" }), [
            houseModel(),
          ]);
        // Prompts with images, and long ones, go to the model in MODEL, all others to the house.
        case "company/cheap":
          return multimodalRouter({
            primary: builtIn({ ...config, model: process.env.MODEL ?? "demo/tour" }),
            secondary: houseModel(),
            secondaryTokens: 8_000,
          });
        default:
          return undefined;
      }
    },
    ...options,
  });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; name the model in a conversation: "llm": {"model": "company/safe"}`);
}
