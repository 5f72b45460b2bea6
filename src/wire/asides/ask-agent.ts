import { z } from "zod";

export const askAgentRequest = z
  .object({ question: z.string().describe("A question about the conversation so far") })
  .meta({ id: "AskAgentRequest" });

export const askAgentResponse = z
  .object({ response: z.string().describe("The agent's answer; no event has it") })
  .meta({ id: "AskAgentResponse" });
