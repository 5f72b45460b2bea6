import { describe, expect, it } from "vitest";
import type { Question } from "../../../../src/agent/loop/confirmation/questions.ts";
import { call } from "../../../../src/testing/scripted-llm/llm-script.ts";
import { ArraySession } from "../harness.ts";

const CONFLICT = { code: "conflict" };
const NEVER = new Promise<void>(() => {});

/** A session whose two calls wait, with their ids. */
async function waiting() {
  const script = [[call("echo", { text: "a" }), call("echo", { text: "b" })]];
  const session = await ArraySession.open({
    script,
    state: { confirmation_policy: { kind: "AlwaysConfirm" }, agent_state: { kept: 1 } },
  });
  await session.run();
  const [first = "", second = ""] = session.view.pending().map(({ id }) => id);
  return { session, confirmation: session.confirmation, first, second };
}

function question(changes: Partial<Question> = {}): Question {
  return { actionIds: ["x", "y"], shown: { task: 1 }, events: [], withdrawn: NEVER, ...changes };
}

const signal = () => new AbortController().signal;

/** Waits until a question is open, which takes some turns of the loop. */
async function isAsked({ confirmation }: Pick<ArraySession, "confirmation">, id: string): Promise<void> {
  await expect.poll(() => confirmation.questions.actionIds).toContain(id);
}

describe("an answer to calls that wait", () => {
  it("is about exactly those that were shown, in any order", async () => {
    const { session, confirmation, first, second } = await waiting();
    const before = session.log.length;
    for (const ids of [[], [first], [first, "x"], [first, second, "x"], [first, first]]) {
      expect(() => confirmation.approve(ids)).toThrow(expect.objectContaining(CONFLICT));
      await expect(confirmation.reject("no", ids)).rejects.toMatchObject(CONFLICT);
    }
    expect([confirmation.isWaiting, confirmation.allApproved]).toEqual([true, false]);
    expect(session.log).toHaveLength(before);
    confirmation.approve([second, first]);
    expect([confirmation.isWaiting, confirmation.allApproved]).toEqual([false, true]);
  });

  it("counts once: a yes may be repeated, and no no comes after it", async () => {
    const { session, confirmation, first, second } = await waiting();
    confirmation.approve();
    confirmation.approve([first, second]);
    await expect(confirmation.reject()).rejects.toMatchObject(CONFLICT);
    expect(confirmation.superseded()).toEqual([]);
    expect(session.log.at(-1)).toBe("status waiting_for_confirmation");
    confirmation.reset();
    expect([confirmation.isWaiting, confirmation.allApproved]).toEqual([true, false]);
    await confirmation.reject("no", [first, second]);
    expect(session.log.slice(-3)).toEqual(["status idle", "rejected echo: no", "rejected echo: no"]);
    expect(confirmation.isWaiting).toBe(false);
  });

  it("needs calls that wait: without them a yes is refused, and a no does nothing", async () => {
    const session = await ArraySession.open();
    const { confirmation } = session;
    for (const ids of [undefined, []]) {
      expect(() => confirmation.approve(ids)).toThrow(expect.objectContaining(CONFLICT));
      await confirmation.reject("no", ids);
    }
    session.state.execution_status = "waiting_for_confirmation";
    expect(() => confirmation.approve()).toThrow(expect.objectContaining(CONFLICT));
    expect(session.log).toEqual([]);
    expect(confirmation.allApproved).toBe(true);
  });

  it("is not for calls that are open without waiting", async () => {
    const { session, confirmation } = await waiting();
    const before = session.log.length;
    session.state.execution_status = "running";
    expect(confirmation.isWaiting).toBe(false);
    expect(() => confirmation.approve()).toThrow(expect.objectContaining(CONFLICT));
    await confirmation.reject();
    expect(confirmation.superseded()).toEqual([]);
    expect(session.log).toHaveLength(before);
  });

  it("is no approval of calls that come later", async () => {
    const { session, confirmation } = await waiting();
    confirmation.approve();
    const pending = session.view.pending();
    const later = pending.map((action) => ({ ...action, id: `later-${action.id}` }));
    session.view.pending = () => [...pending, ...later];
    expect([confirmation.isWaiting, confirmation.allApproved]).toEqual([true, false]);
  });

  it("is a no when it is a new message", async () => {
    const { confirmation, first, second } = await waiting();
    const rejections = confirmation.superseded();
    expect(rejections).toMatchObject([{ action_id: first }, { action_id: second }]);
    expect(rejections[0]).toMatchObject({ rejection_reason: "Superseded by a new user message" });
  });

  it("calls its runner back once, unless that has gone", async () => {
    const { session, confirmation } = await waiting();
    const heard: string[] = [];
    const forget = confirmation.whenAnswered((verdict) => heard.push(`first ${verdict}`));
    confirmation.whenAnswered((verdict) => heard.push(`second ${verdict}`));
    forget();
    confirmation.approve();
    confirmation.approve();
    confirmation.reset();
    confirmation.whenAnswered((verdict) => heard.push(`third ${verdict}`))();
    confirmation.whenAnswered((verdict) => heard.push(`fourth ${verdict}`));
    confirmation.superseded();
    confirmation.whenAnswered((verdict) => heard.push(`fifth ${verdict}`));
    await confirmation.reject();
    expect(session.state.execution_status).toBe("idle");
    expect(heard).toEqual(["second approved", "fourth rejected", "fifth rejected"]);
  });
});

describe("a question in the middle of a run", () => {
  it("is shown with the status that waits, and its answer goes on at once", async () => {
    const session = await ArraySession.open({
      state: { execution_status: "running", agent_state: { kept: 1 } },
    });
    const { questions } = session.confirmation;
    let status = "";
    const asked = questions.ask(
      question({
        events: [{ kind: "PauseEvent", source: "user" }],
        asked: () => {
          status = session.state.execution_status;
        },
      }),
      signal(),
    );
    await expect.poll(() => status).toBe("waiting_for_confirmation");
    expect(session.state.agent_state).toEqual({ kept: 1, sub_agent_confirmation: { task: 1 } });
    expect(session.log.at(-1)).toBe("PauseEvent");
    expect([questions.isOpen, questions.actionIds]).toEqual([true, ["x", "y"]]);
    const answer = questions.answer({ accept: false, reason: "no" });
    expect([questions.isOpen, questions.actionIds, session.state.execution_status]).toEqual([
      false,
      [],
      "running",
    ]);
    await answer;
    const { length } = session.events;
    expect(await asked).toEqual({ accept: false, reason: "no" });
    expect(session.state.agent_state).toEqual({ kept: 1 });
    expect(session.events).toHaveLength(length);
  });

  it("takes every answer to the calls that wait", async () => {
    const { session, confirmation } = await waiting();
    const { questions } = confirmation;
    const ask = async (id: string) => {
      const asked = questions.ask(question({ actionIds: [id] }), signal());
      await isAsked(session, id);
      return { asked };
    };
    const { asked: first } = await ask("1");
    expect(confirmation.isWaiting).toBe(true);
    expect(() => confirmation.approve(["2"])).toThrow(expect.objectContaining(CONFLICT));
    await expect(confirmation.reject("no", ["2"])).rejects.toMatchObject(CONFLICT);
    confirmation.approve(["1"]);
    expect(await first).toEqual({ accept: true });
    const { asked: second } = await ask("2");
    await confirmation.reject("no", ["2"]);
    expect(await second).toEqual({ accept: false, reason: "no" });
    const { asked: third } = await ask("3");
    expect(confirmation.superseded()).toEqual([]);
    expect(await third).toEqual({ accept: false, reason: "Superseded by a new user message" });
    expect(session.view.pending()).toHaveLength(2);
  });

  it("waits for the one before it, whatever becomes of that", async () => {
    const session = await ArraySession.open({ state: { execution_status: "running" } });
    const { questions } = session.confirmation;
    const interrupted = new AbortController();
    const all = [
      questions.ask(question({ actionIds: ["1"] }), interrupted.signal),
      questions.ask(question({ actionIds: ["2"] }), interrupted.signal),
      questions.ask(question({ actionIds: ["3"] }), signal()),
    ];
    await isAsked(session, "1");
    interrupted.abort(new Error("interrupted"));
    await expect(all[0]).rejects.toThrow("interrupted");
    await expect(all[1]).rejects.toThrow("interrupted");
    await isAsked(session, "3");
    await questions.answer({ accept: true });
    expect(await all[2]).toEqual({ accept: true });
    expect(session.state.execution_status).toBe("running");
  });

  it("that is withdrawn is over without an answer", async () => {
    const session = await ArraySession.open({ state: { execution_status: "running" } });
    const { questions } = session.confirmation;
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = questions.ask(question({ withdrawn: promise }), signal());
    await isAsked(session, "x");
    resolve();
    expect(await asked).toBeUndefined();
    expect([questions.isOpen, session.state.execution_status]).toEqual([false, "running"]);
    expect(session.state.agent_state).toEqual({});
  });

  it("leaves a status alone that the end of the run has written", async () => {
    const session = await ArraySession.open({ state: { execution_status: "running" } });
    const abort = new AbortController();
    const asked = session.confirmation.questions.ask(question(), abort.signal);
    await isAsked(session, "x");
    await session.update({ execution_status: "paused" });
    abort.abort(new Error("interrupted"));
    await expect(asked).rejects.toThrow("interrupted");
    expect([session.state.execution_status, session.state.agent_state]).toEqual(["paused", {}]);
  });

  it("that cannot be stored is not open", async () => {
    const session = await ArraySession.open({ state: { execution_status: "running" } });
    const update = session.update.bind(session);
    session.update = async () => {
      throw new Error("no disk");
    };
    const { questions } = session.confirmation;
    await expect(questions.ask(question(), signal())).rejects.toThrow("no disk");
    expect(questions.isOpen).toBe(false);
    session.update = update;
    const asked = questions.ask(question(), signal());
    await isAsked(session, "x");
    session.update = async () => {
      throw new Error("no disk");
    };
    session.confirmation.approve();
    expect(await asked).toEqual({ accept: true });
  });
});
