import { expect, it } from "vitest";
import { framesOfType, retirements, streamedText } from "../streams/session-frames.ts";
import { AcpBench } from "./acp-bench.ts";

it("what a program says in a turn is streamed under the id of the call that will hold it", async () => {
  await using bench = await AcpBench.open();
  const watched = await watch(bench);
  await bench.chat.send("think Let me see.\nsay Hello\ntool t1 List files\ndone t1\nsay to you.");
  await bench.chat.expectFinished();
  const seen = watched.seen();
  expect([...retirements(seen).values()]).toEqual([["durable"]]);
  const [item] = [...retirements(seen).keys()];
  const holder = framesOfType(seen, "durable").find(({ event }) => event.id === item);
  expect(holder?.event).toMatchObject({ kind: "ActionEvent", tool_name: "finish" });
  expect([streamedText(seen, "reasoning"), streamedText(seen)]).toEqual(["Let me see.", "Helloto you."]);
  expect(seen.frames.join()).not.toContain("StreamingDeltaEvent");
});

it("a prompt that is sent again is another attempt of the item", async () => {
  await using bench = await AcpBench.open({ acpRetryDelays: [10, 10] });
  const watched = await watch(bench);
  await bench.chat.send(`say Begun.\nflaky ${bench.folder}/tries 2`);
  await bench.chat.expectFinished();
  const seen = watched.seen();
  expect(framesOfType(seen, "item_started").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(streamedText(seen)).toBe("Begun.after 2 failures");
  expect([...retirements(seen).values()]).toEqual([["durable"]]);
});

it("a turn that fails ends its item with the name of the error", async () => {
  await using bench = await AcpBench.open({ acpRetryDelays: [] });
  const watched = await watch(bench);
  await bench.chat.send("say Begun.\nerror -32603 Broken");
  await bench.chat.expectFailed("ACPPromptError");
  expect([...retirements(watched.seen()).values()]).toEqual([["ACPPromptError"]]);
});

it("a turn that is interrupted ends its item as cancelled", async () => {
  await using bench = await AcpBench.open();
  const watched = await watch(bench);
  await bench.chat.send("say Begun.\nhang");
  await expect.poll(() => framesOfType(watched.seen(), "delta").length, { timeout: 60_000 }).toBe(1);
  await (await bench.server.conversations.open(bench.id)).interrupt();
  await expect.poll(() => framesOfType(watched.seen(), "item_aborted").length, { timeout: 60_000 }).toBe(1);
  expect([...retirements(watched.seen()).values()]).toEqual([["cancelled"]]);
});

/** Follows a conversation in the form of session sockets. */
async function watch({ server, id }: AcpBench) {
  const { reader } = (await server.conversations.watch(id, "session")) ?? {};
  const frames: string[] = [];
  return {
    seen() {
      for (let text = reader?.take(); text !== undefined; text = reader?.take()) frames.push(text);
      return { frames };
    },
  };
}
