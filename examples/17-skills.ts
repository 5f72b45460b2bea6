// Skills of an agent: one that a word calls for, one that it reads on demand, and those of the project.
// Run it with:  npm run example examples/17-skills.ts
import { createServer, memoryStore, type ServerOptions } from "agent-server";

const skills = [
  {
    name: "releases",
    content: "Write the changelog before the tag. Tags are signed.",
    trigger: { type: "keyword" as const, keywords: ["release", "tag"] },
  },
  {
    name: "branches",
    description: "How branches are named and merged here.",
    // The output of the command stands in the text when the agent reads it.
    content: "Branches are named after their issue. Today's is !`git branch --show-current`.",
    is_agentskills_format: true,
  },
];

/** Starts a conversation whose agent has these skills. Resolves to what a message calls for, as the model reads it. */
export async function skillsFor(message: string, workingDir: string, options: ServerOptions = {}) {
  await using server = createServer({ keyless: "loopback", ...options });
  const { conversation } = await server.conversations.create({
    agent: {
      llm: { model: "demo/tour" },
      // `load_project_skills` adds what the project has: AGENTS.md, CLAUDE.md, .agents/skills and their kin.
      agent_context: { skills, load_project_skills: true, user_message_suffix: "Be brief." },
    },
    workspace: { working_dir: workingDir },
  });
  await conversation.sendMessage(message, { run: false });
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind !== "MessageEvent") continue;
    return {
      names: event.activated_skills,
      text: event.extended_content?.map(({ text }) => text).join("\n"),
    };
  }
  throw new Error("the message was not stored");
}

if (process.argv[1] === import.meta.filename) {
  const options = { store: memoryStore() };
  const { names, text } = await skillsFor("Prepare the release of version 2.", process.cwd(), options);
  console.log(`The message calls for: ${names?.join(", ")}. With it the model reads:\n${text}`);
}
