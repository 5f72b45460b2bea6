import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Order, Talk, type TalkOptions } from "./talk.ts";
import { VICTIM } from "./trouble.ts";

/** What an agent does with a message. */
const PLANS: Record<string, (place: { random(): number; folder: string }) => Order[]> = {
  talk: () => [{ say: "words ".repeat(300), pace: 1 }],
  commands: () => [
    { calls: [["terminal", { command: "seq 3000 | tail -n 300; ls" }]] },
    { calls: [["terminal", { command: "seq 40000" }]] },
    { calls: [["terminal", { command: "cd /; pwd; cd -; echo $((6 * 7))" }]] },
    { say: "Done." },
  ],
  files: ({ random, folder }) => {
    const path = join(folder, `notes-${Math.floor(random() * 1e6)}.txt`);
    const edit = (args: object): [string, Record<string, unknown>] => ["file_editor", { path, ...args }];
    return [
      { calls: [edit({ command: "create", file_text: "a line of a file\n".repeat(500) })] },
      { calls: [edit({ command: "view" }), ["task_tracker", { command: "view" }]] },
      { calls: [edit({ command: "insert", insert_line: 7, new_str: "one more" })] },
      { calls: [["terminal", { command: `wc ${path}; rm ${path}` }]] },
      { say: "Written." },
    ];
  },
  several: () => [
    { calls: [1, 2, 3].map((number) => ["terminal", { command: `sleep 0.${number}; echo ${number}` }]) },
    { say: "Done." },
  ],
  killed: () => [
    { calls: [["terminal", { command: VICTIM }]] },
    { calls: [["terminal", { command: "echo still here" }]] },
    { say: "It was killed." },
  ],
  family: () => [
    { calls: [task("bash-runner", 2), task("general-purpose", 1)] },
    { say: "They have reported." },
  ],
  refused: () => [{ calls: [["terminal", { command: "ls" }]] }, { fail: 400 }],
  slow: () => [
    { delay: 300, calls: [["terminal", { command: "sleep 1; echo slept" }]] },
    { delay: 300, calls: [["terminal", { command: "sleep 1; echo slept" }]] },
    { say: "words ".repeat(50), pace: 10 },
  ],
};

/** A task for a sub-agent, which obeys the same model. */
function task(kind: string, steps: number): [string, Record<string, unknown>] {
  const calls = Array.from({ length: steps }, (_, index) => ({
    calls: [["terminal", { command: `echo step ${index}` }]],
  }));
  const prompt = `Work.\n${JSON.stringify([...calls, { say: "A report." }])}`;
  return ["task", { prompt, subagent_type: kind, description: "A part of the work" }];
}

const SOCKETS = ["reads", "stalls", "vanishes"] as const;
const MESSAGES = 3;

/** The plans of all kinds. */
export const KINDS: readonly string[] = Object.keys(PLANS);

/**
 * One conversation from its creation to a check of all that was promised. Returns it with its sockets left, ready to be
 * deleted. `kind` is what it begins with, chance says what follows.
 */
export async function live(options: TalkOptions, kind: string): Promise<Talk> {
  const { random } = options;
  const talk = await Talk.create(options, { asksFirst: random() < 0.2 });
  try {
    if (random() < 0.7) talk.follow();
    for (const how of SOCKETS) if (random() < 0.5) talk.watch(how);
    for (let message = 0; message < MESSAGES; message++) {
      const next = message === 0 ? kind : (KINDS[Math.floor(random() * KINDS.length)] ?? kind);
      await talk.say(PLANS[next]?.({ random, folder: talk.folder }) ?? []);
      if (random() < 0.2) await cutShort(talk, random);
      await talk.atRest();
      await talk.browse();
    }
    await talk.check();
    talk.leave();
    return talk;
  } catch (error) {
    await talk.delete();
    throw error;
  }
}

/** Ends a run in its middle, and perhaps goes on with it. */
async function cutShort(talk: Talk, random: () => number): Promise<void> {
  await sleep(random() * 1_500);
  await talk.verb(random() < 0.5 ? "pause" : "interrupt");
  await talk.atRest();
  if (random() < 0.7) await talk.verb("run");
}
