import fc from "fast-check";
import { Fault } from "../fault.ts";
import { checkTalk, checkWorld } from "./checks.ts";
import { type Command, command } from "./command.ts";
import { forget, say } from "./talk-commands.ts";
import { pick, type Reality, type Talk, type World } from "./world.ts";

/** What one of two clients does while another one does something, too. */
type Deed = "say" | "say quietly" | "pause" | "interrupt" | "run" | "rename" | "reject" | "delete" | "crash";
const DEEDS: readonly Deed[] = [
  ...(["say", "say quietly", "pause", "interrupt", "run", "rename", "reject", "delete", "crash"] as const),
];

/** Commands about the server as a whole, and those of two clients at once. */
export function serverCommands(canCrash: boolean): fc.Arbitrary<Command>[] {
  const deed = fc.constantFrom(...DEEDS.filter((each) => canCrash || each !== "crash"));
  const hasTalk = ({ talks }: World) => talks.length > 0;
  return [
    command("look at everything", {}, (_: object, world: World, reality: Reality) =>
      checkWorld(reality, world),
    ),
    command("at once", { talk: fc.nat(), one: deed, other: deed }, atOnce, hasTalk),
    ...(canCrash
      ? [
          command("crash", {}, crash),
          command(
            "crash in a run",
            { talk: fc.nat(), milliseconds: fc.nat({ max: 600 }) },
            crashInRun,
            hasTalk,
          ),
        ]
      : []),
  ];
}

async function crash(_: object, world: World, reality: Reality) {
  await reality.crash();
  await checkWorld(reality, world);
}

async function crashInRun(
  { talk: index, milliseconds }: { talk: number; milliseconds: number },
  world: World,
  reality: Reality,
) {
  const talk = pick(world, index);
  await say(reality, talk, { plan: "slow", run: true });
  await new Promise((done) => setTimeout(done, milliseconds));
  await crash({}, world, reality);
}

/** Two clients, of which neither knows what the other one does. */
async function atOnce(
  { talk: index, one, other }: { talk: number; one: Deed; other: Deed },
  world: World,
  reality: Reality,
) {
  const talk = pick(world, index);
  const isCut = one === "crash" || other === "crash";
  const deeds = one === "crash" && other === "crash" ? [one] : [one, other];
  const deleted = await Promise.all(deeds.map((deed) => act({ deed, talk, reality, isCut })));
  if (deleted.includes("perhaps")) {
    // The answer did not come: look which of the two it is.
    const { status } = await reality.client.ask("GET", `/api/conversations/${talk.id}`);
    if (status === 404) forget(world, talk);
  } else if (deleted.includes("yes")) forget(world, talk);
  if (world.talks.includes(talk)) await checkTalk(reality, talk);
  else await checkWorld(reality, world);
}

interface Act {
  deed: Deed;
  talk: Talk;
  reality: Reality;
  /** The server may be killed meanwhile. */
  isCut: boolean;
}

/** Returns whether it deleted the conversation. */
async function act({ deed, talk, reality, isCut }: Act): Promise<"yes" | "no" | "perhaps"> {
  const path = `/api/conversations/${talk.id}`;
  const { client, word } = reality;
  const ask = async (method: string, suffix: string, json?: object) => {
    const { status, text } = await client.ask(method, path + suffix, {
      mayBeCut: isCut,
      ...(json && { json }),
    });
    if (![0, 200, 404, 409].includes(status))
      throw new Fault(`${method} ${path}${suffix}: ${status} ${text}`);
    return status;
  };
  switch (deed) {
    case "say":
    case "say quietly":
      await say(reality, talk, { plan: "slow", run: deed === "say", isRace: true, mayBeCut: isCut });
      return "no";
    case "pause":
    case "interrupt":
    case "run":
      await ask("POST", `/${deed}`);
      return "no";
    case "rename": {
      const title = `Title ${word()}`;
      const status = await ask("PATCH", "", { title });
      if (status === 200) talk.title = title;
      // Either is right; what it is from now on must stay.
      if (status === 0) talk.title = undefined;
      return "no";
    }
    case "reject":
      await ask("POST", "/events/respond_to_confirmation", { accept: false, reason: "No." });
      return "no";
    case "delete": {
      const status = await ask("DELETE", "");
      return status === 200 ? "yes" : status === 0 ? "perhaps" : "no";
    }
    case "crash":
      await reality.crash();
      return "no";
  }
}
