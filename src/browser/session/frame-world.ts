import type { BrowserContext, CDPSession, Frame, Page } from "playwright-core";
import { withinTime } from "../failure.ts";
import { elementOf } from "../page/element-actions.ts";

/** Milliseconds until a page has answered. */
const ANSWER_LIMIT = 10_000;
const MAX_FRAMES = 20;
const WORLD = "agent-server";

/**
 * A frame of a page, with a separate world for the functions of this package, which the page's scripts cannot change.
 */
export class FrameWorld {
  readonly #session: CDPSession;
  readonly #context: number;
  /** The frame whose process is another one than the page's. null in the process of the page. */
  readonly #remote: Frame | null;

  constructor(session: CDPSession, context: number, remote: Frame | null) {
    this.#session = session;
    this.#context = context;
    this.#remote = remote;
  }

  /** Runs a function of `page/` in the frame. It is passed as text, so it uses nothing outside of itself. */
  async run<Argument, Result>(code: (argument: Argument) => Result, argument: Argument): Promise<Result> {
    const answer = this.#session.send("Runtime.callFunctionOn", {
      functionDeclaration: String(code),
      executionContextId: this.#context,
      arguments: [{ value: argument }],
      returnByValue: true,
      userGesture: true,
    });
    return this.#valueOf(answer);
  }

  /** Puts files of this machine into the field of a number. False when it is gone. */
  async setFiles(index: number, files: string[]): Promise<boolean> {
    const objectId = await this.#objectOf(index);
    if (objectId === undefined) return false;
    await this.#session.send("DOM.setFileInputFiles", { files, objectId });
    return true;
  }

  /** The middle of an element on the page. null for one that is gone or has no area. */
  async middleOf(index: number): Promise<{ x: number; y: number } | null> {
    const objectId = await this.#objectOf(index);
    if (objectId === undefined) return null;
    const asked = this.#session.send("DOM.getContentQuads", { objectId });
    const { quads } = await withinTime(asked, ANSWER_LIMIT, "The page");
    const middles = quads.flatMap((quad) => (hasArea(quad) ? [middle(quad)] : []));
    const [point] = middles;
    if (point === undefined) return null;
    const { x, y } = await this.#origin();
    return { x: x + point.x, y: y + point.y };
  }

  /** Evaluates an expression in the page's own world, with the functions of the debugger. */
  async inspect(expression: string): Promise<unknown> {
    const answer = this.#session.send("Runtime.evaluate", {
      expression,
      includeCommandLineAPI: true,
      returnByValue: true,
      timeout: 1000,
    });
    return this.#valueOf(answer);
  }

  /** The place in the page where the coordinates of the frame's process begin. */
  async #origin(): Promise<{ x: number; y: number }> {
    if (this.#remote === null) return { x: 0, y: 0 };
    const box = await (await this.#remote.frameElement()).boundingBox();
    return { x: box?.x ?? 0, y: box?.y ?? 0 };
  }

  /** The debugger's id of an element; undefined for one that is gone. */
  async #objectOf(index: number): Promise<string | undefined> {
    const asked = this.#session.send("Runtime.callFunctionOn", {
      functionDeclaration: String(elementOf),
      executionContextId: this.#context,
      arguments: [{ value: index }],
    });
    return (await withinTime(asked, ANSWER_LIMIT, "The page")).result.objectId;
  }

  async #valueOf<Result>(answer: Promise<{ result: { value?: unknown }; exceptionDetails?: unknown }>) {
    try {
      const { result, exceptionDetails } = await withinTime(answer, ANSWER_LIMIT, "The page");
      if (exceptionDetails !== undefined) throw new Error("A function failed in the page");
      return result.value as Result;
    } catch (error) {
      // A script of the page that never ends holds up everything else, so it is ended.
      void this.#session.send("Runtime.terminateExecution").catch(() => {});
      throw error;
    }
  }
}

/** Gives access to the frames of the pages of one browser context. */
export class FrameWorlds {
  readonly #context: BrowserContext;
  readonly #sessions = new WeakMap<Page | Frame, CDPSession>();

  constructor(context: BrowserContext) {
    this.#context = context;
  }

  /** The frames of a page, the main one first. */
  async of(page: Page): Promise<FrameWorld[]> {
    const worlds = await worldsIn(await this.sessionOf(page), null);
    for (const frame of page.frames().slice(1)) {
      if (worlds.length >= MAX_FRAMES) break;
      const session = await this.#remoteSession(frame);
      // A frame may leave at any time.
      if (session !== null) worlds.push(...(await worldsIn(session, frame).catch(() => [])));
    }
    return worlds.slice(0, MAX_FRAMES);
  }

  /** A session with the debugger of a page. */
  async sessionOf(page: Page): Promise<CDPSession> {
    const known = this.#sessions.get(page);
    if (known !== undefined) return known;
    const session = await withinTime(this.#context.newCDPSession(page), ANSWER_LIMIT, "The page");
    this.#sessions.set(page, session);
    return session;
  }

  /** null for a frame in the process of its parent, which is among the frames of that one. */
  async #remoteSession(frame: Frame): Promise<CDPSession | null> {
    const known = this.#sessions.get(frame);
    if (known !== undefined && (await isAlive(known))) return known;
    try {
      const session = await withinTime(this.#context.newCDPSession(frame), ANSWER_LIMIT, "A frame");
      this.#sessions.set(frame, session);
      return session;
    } catch {
      this.#sessions.delete(frame);
      return null;
    }
  }
}

async function worldsIn(session: CDPSession, remote: Frame | null): Promise<FrameWorld[]> {
  const { frameTree } = await withinTime(session.send("Page.getFrameTree"), ANSWER_LIMIT, "The page");
  const worlds: FrameWorld[] = [];
  for (const frameId of idsIn(frameTree).slice(0, MAX_FRAMES)) {
    try {
      const made = session.send("Page.createIsolatedWorld", { frameId, worldName: WORLD });
      const { executionContextId } = await withinTime(made, ANSWER_LIMIT, "The page");
      worlds.push(new FrameWorld(session, executionContextId, remote));
    } catch (error) {
      // Without the main frame there is nothing to look at.
      if (worlds.length === 0) throw error;
    }
  }
  return worlds;
}

interface FrameTree {
  frame: { id: string };
  childFrames?: FrameTree[];
}

function idsIn({ frame, childFrames = [] }: FrameTree): string[] {
  return [frame.id, ...childFrames.flatMap(idsIn)];
}

async function isAlive(session: CDPSession): Promise<boolean> {
  return session.send("Page.getFrameTree").then(
    () => true,
    () => false,
  );
}

/** A corner after the other, x before y. */
type Quad = readonly number[];

function middle(quad: Quad): { x: number; y: number } {
  const mean = (first: 0 | 1) => quad.reduce((sum, at, place) => sum + (place % 2 === first ? at : 0), 0) / 4;
  return { x: mean(0), y: mean(1) };
}

function hasArea([left = 0, top = 0, , , right = 0, bottom = 0]: Quad): boolean {
  return Math.abs(right - left) >= 1 && Math.abs(bottom - top) >= 1;
}
