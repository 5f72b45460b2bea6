import { call, finish, type Scenario } from "../../scenario.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";
const STREAM = { stream: true };

export const sessionSocketScenarios: Scenario[] = [
  {
    name: "session sockets that ask for the past",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.followSession("?after_seq=-1");
      await client.sendAndWait("Go.");
      for (const after of ["-1", "0", "2", "1000", "%202", "2.0"])
        await client.followSession(`?after_seq=${after}`);
      for (const query of ["", "?", "?resend_mode=all", "?after_seq=0&after_seq=-1", "?x=1"])
        await client.followSession(query);
      for (const after of ["x", "1.5", "", "true"])
        await client.listen(`?after_seq=${after}`, session(client.id));
    },
  },
  {
    name: "session sockets of no conversation",
    script: [],
    drive: async (client) => {
      await client.listen("", session(UNKNOWN));
      await client.listen("?after_seq=-1", session(UNKNOWN));
      await client.listen("", session("no-uuid"));
      await client.listen("", "/sockets/session");
      await client.followSession("?after_seq=-1", { path: session(client.id.replaceAll("-", "")) });
    },
  },
  {
    name: "frames that clients send on a session socket",
    script: [{ text: "Hello." }, { text: "Hello again." }],
    drive: async (client) => {
      const hello = { role: "user", content: [{ type: "text", text: "Hello?" }] };
      const frames = ["{", "[]", "1", { content: [] }, { ...hello, role: "assistant" }, new Uint8Array([1])];
      // First of all: the reference writes the system prompt also for a message that it refuses.
      await client.followSession("", { say: [hello], startsRun: true });
      for (const frame of frames) await client.followSession("", { say: [frame] });
      await client.followSession("", { say: [{ type: "auth", session_api_key: "x" }] });
      await client.followSession("", { say: [{ type: "auth", session_api_key: "x", more: 1 }] });
      await client.followSession("?after_seq=-1", { say: [{ type: "auth" }, hello], startsRun: true });
    },
  },
  {
    name: "a reply that is streamed to a session socket",
    llm: STREAM,
    script: [
      {
        text: "I look around.",
        reasoning: "Where am I?",
        calls: [{ name: "think", args: { thought: "Hm." } }],
      },
      call("think", { thought: "No words." }),
      { text: "A wrong call.", calls: [{ name: "nowhere", args: {} }] },
      { text: "Here it is." },
    ],
    drive: (client) => client.followSession("?after_seq=-1", { act: () => client.sendAndWait("Go.") }),
  },
  {
    name: "a reply to a session socket that is not streamed",
    script: [{ text: "I look around.", calls: finish.calls ?? [] }],
    drive: (client) => client.followSession("", { act: () => client.sendAndWait("Go.") }),
  },
  {
    name: "a model that fails before a session socket",
    llm: { ...STREAM, num_retries: 0 },
    script: [{ error: { status: 401, message: "Incorrect API key" } }],
    drive: (client) => client.followSession("", { act: () => client.sendAndWait("Go.") }),
  },
  {
    name: "a blank reply that is streamed to a session socket",
    llm: STREAM,
    script: [{ reasoning: "Only a thought." }, { text: "Done." }],
    drive: (client) => client.followSession("", { act: () => client.sendAndWait("Go.") }),
  },
];

function session(id: string): string {
  return `/sockets/session/${id}`;
}
