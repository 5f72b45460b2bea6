// A model of your own; the server adds retries, deadline and price. Run it with:  npm run example examples/07-custom-model.ts
import { createServer, type Llm, LlmError, type Message, type ServerOptions, text } from "agent-server";

/** Sends a prompt to your gateway. Here it is a function, so that the example needs no network. */
export type Gateway = (prompt: string, signal: AbortSignal) => Promise<{ status: number; answer: string }>;

const gatewayOfThisExample: Gateway = async (prompt) => ({ status: 200, answer: `You said: ${prompt}` });

/** Throw an `LlmError` for failures: the server repeats the call if the error is `retryable`. */
function companyModel(model: string, gateway: Gateway): Llm {
  return {
    async complete({ messages, signal }) {
      const startedAt = performance.now();
      const { status, answer } = await gateway(lastWords(messages), signal);
      if (status !== 200) {
        const retryable = status === 429 || status >= 500;
        throw new LlmError("LLMServiceUnavailableError", `the gateway answered ${status}`, {
          status,
          retryable,
        });
      }
      return {
        message: { role: "assistant", content: [text(answer)] },
        id: "",
        model,
        usage: { ...NO_TOKENS, prompt_tokens: 10, completion_tokens: 5 },
        cost: null,
        contextWindow: 0,
        latency: (performance.now() - startedAt) / 1000,
      };
    },
  };
}

const NO_TOKENS = {
  prompt_tokens: 0,
  completion_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
};

function lastWords(messages: readonly Message[]): string {
  const parts = messages.at(-1)?.content ?? [];
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function buildServer(options: ServerOptions = {}, gateway = gatewayOfThisExample) {
  // Undefined leaves a model to the built-in providers.
  const createLlm = ({ model }: { model: string }) =>
    model.startsWith("company/") ? companyModel(model, gateway) : undefined;
  return createServer({ keyless: "loopback", createLlm, ...options });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; name the model in a conversation: "llm": {"model": "company/large"}`);
}
