import { pause, type Scenario } from "../scenario.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";

export const socketScenarios: Scenario[] = [
  {
    name: "sockets that ask for the past",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.listen("");
      await client.listen("?resend_mode=all");
      await client.listen("?resend_all=true");
      await client.listen("?resend_mode=since");
      await client.listen("?resend_mode=since&after_timestamp=2000-01-01T00:00:00");
      await client.listen("?resend_mode=since&after_timestamp=2099-01-01T00:00:00Z");
      const message = client.frames.find(({ kind, source }) => kind === "MessageEvent" && source === "agent");
      await client.listen(`?resend_mode=since&after_timestamp=${message?.timestamp}`);
    },
  },
  {
    name: "sockets that are refused",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.listen("?resend_mode=some");
      await client.listen("?resend_mode=since&after_timestamp=soon");
      await client.listen("?resend_all=perhaps");
      await client.listen("", "/sockets/events/not-an-id");
      await client.listen("", `/sockets/events/${UNKNOWN}`);
      await client.listen("", "/sockets/nothing");
    },
  },
  {
    name: "a message over the socket",
    script: [{ text: "Hello." }],
    drive: (client) =>
      client.untilRunEndsAfter(() => client.say({ role: "user", content: [{ type: "text", text: "Hi." }] })),
  },
  {
    name: "a message over the socket, leniently",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.untilRunEndsAfter(() =>
        client.say({ role: "user", content: "Hi.", run: false, extra: 1 }),
      );
    },
  },
  {
    name: "frames that are no messages",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      const bad: (object | string)[] = [
        "no JSON",
        "[]",
        "3",
        {},
        { role: "nobody", content: [] },
        { role: "user", content: [{ type: "video" }] },
        { role: "assistant", content: [{ type: "text", text: "Hi." }] },
      ];
      for (const [index, frame] of bad.entries()) {
        client.say(frame);
        await client.untilKind("ServerErrorEvent", index + 1);
      }
      client.say({ type: "auth", session_api_key: "whatever" });
      await pause(500);
    },
  },
];
