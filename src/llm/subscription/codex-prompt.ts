import { type Message, text, textOf } from "../../wire/events/message.ts";

/** The service refuses long instructions: those of the agent stand in the first message of the user. */
const INSTRUCTIONS: Message = {
  role: "system",
  content: [
    text("You are an agent that works on a computer for its user. Follow the rules in the first message."),
  ],
};

/**
 * Builds a writer of prompts for the Codex service. Messages that stay the same are the same objects in the next
 * prompt: the prompt is written incrementally.
 */
export function codexPrompt(): (messages: readonly Message[]) => readonly Message[] {
  const written = new WeakMap<Message, Message>();
  let opening: { rules: string; message: Message | undefined; result: Message } | undefined;

  /** The service keeps no replies, so that ids of earlier reasoning mean nothing to it. */
  function withoutReasoning(message: Message): Message {
    if (message.role !== "assistant" || !message.responses_reasoning_item) return message;
    const known = written.get(message) ?? { ...message, responses_reasoning_item: null };
    written.set(message, known);
    return known;
  }

  function withRules(rules: string, message: Message | undefined): Message {
    if (opening?.rules !== rules || opening.message !== message) {
      const content = [text(`The rules of your work:\n\n${rules}\n\n`), ...(message?.content ?? [])];
      opening = { rules, message, result: { ...message, role: "user", content } };
    }
    return opening.result;
  }

  return (messages) => {
    const rules = messages.flatMap((message) => (message.role === "system" ? [rulesOf(message)] : []));
    const spoken = messages.filter(({ role }) => role !== "system").map(withoutReasoning);
    if (rules.length === 0) return [INSTRUCTIONS, ...spoken];
    const first = spoken.findIndex(({ role }) => role === "user");
    const opened = withRules(rules.join("\n\n---\n\n"), spoken[first]);
    return [INSTRUCTIONS, ...(first === -1 ? [opened, ...spoken] : spoken.with(first, opened))];
  };
}

function rulesOf({ content }: Message): string {
  return textOf(content, "\n").trim();
}
