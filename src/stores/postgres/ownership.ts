import { setTimeout } from "node:timers/promises";
import { AgentServerError } from "../../errors.ts";
import type { Adopted, ClaimOutcome, LivingNode, NodeOptions, Owner, Ownership } from "../ownership.ts";
import { ownershipLost } from "../refusals.ts";
import type { Access } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { mayPass, toStoreError } from "./connection/failures.ts";
import { fromKept, toKept, toKeptOrNull } from "./kept-text.ts";

/** Lengths of time in milliseconds. */
export interface NodeTimes {
  /** Between two beats of the nodes of a store. Default: 1,000. */
  beat: number;
  /** For which a beat lets them live; after that, others take over what they have. Default: 3,500. */
  lease: number;
  /**
   * For which a machine may have no living node before its runs become errors, so that a server that is started again
   * goes on with them. Default: 60,000.
   */
  awayAfter: number;
}

const TIMES: NodeTimes = { beat: 1_000, lease: 3_500, awayAfter: 60_000 };
/** Milliseconds between two looks at a node whose life is in doubt. */
const LOOK = 200;
/** Attempts at a statement. Each is made whole or not at all, and may be made twice. */
const ATTEMPTS = 3;

/** A node of this store, and when the last beat was sent that the database has confirmed, by both clocks. */
interface OwnNode {
  options: NodeOptions;
  beat: Moment;
  /** Number of looks that were answered. A look whose answer was lost keeps its number until it is answered. */
  looks: number;
  /** The end of the last look. */
  looking: Promise<unknown>;
}

interface Moment {
  monotonic: number;
  wall: number;
}

/** `has_passed`: the time of the owner has passed, and the claimer has not lived long enough to bury it. */
type Claimed = ClaimOutcome & { has_passed?: boolean };
type Dead = { dead: true };

/**
 * Ownership among the servers of one database. A node lives by its beats, one statement for all nodes of this store.
 *
 * A node of a process that was killed lives on for the rest of its lease. Nodes that have not beaten since this store
 * was first asked are in doubt: claims and questions for owners wait until they beat or their time has passed, because a
 * server that is started again repairs what its former self has left, and asks only once.
 */
export class PostgresOwnership implements Ownership {
  readonly #access: Access;
  readonly #times: NodeTimes;
  readonly #nodes = new Map<number, OwnNode>();
  #beats: ReturnType<typeof setInterval> | undefined;
  #isBeating = false;
  /** When this store first asked, by the clock of the database. */
  #since: string | undefined;

  /** @throws AgentServerError `bad_request` for times with which no node could live. */
  constructor(access: Access, times: Partial<NodeTimes> = {}) {
    this.#access = access;
    this.#times = checked({ ...TIMES, ...times });
  }

  async join(options: NodeOptions = {}): Promise<number> {
    const beat = now();
    const place = [toKeptOrNull(options.address ?? null), toKeptOrNull(options.machine ?? null)];
    const [row] = await this.#run("SELECT $schema.join_1($1, $2, $3) AS id", ...place, this.#lease);
    const node = Number(row?.id);
    this.#nodes.set(node, { options, beat, looks: 0, looking: Promise.resolve() });
    this.#beats ??= setInterval(() => void this.#beat(), this.#times.beat).unref();
    return node;
  }

  async claim(node: number, conversationId: string): Promise<ClaimOutcome> {
    let outcome = await this.#claim(node, conversationId);
    const holder = "owner" in outcome ? this.#nodes.get(outcome.owner.node) : undefined;
    if (holder !== undefined) {
      await holder.options.yield?.(conversationId);
      outcome = await this.#claim(node, conversationId);
    }
    // Both end within a lease: a time that has passed, for a claimer that is too young, and a doubt.
    while ("owner" in outcome && (outcome.has_passed || (await this.#isInDoubt(conversationId)))) {
      await setTimeout(LOOK);
      outcome = await this.#claim(node, conversationId);
    }
    return "owner" in outcome ? { owner: toOwner(outcome.owner) } : outcome;
  }

  async release(conversationId: string, fence: number): Promise<void> {
    const text = "DELETE FROM $schema.claims WHERE id = $1 AND fence = $2";
    await this.#run(text, toKept(conversationId), fence);
  }

  async ownerOf(conversationId: string): Promise<Owner | undefined> {
    while (await this.#isInDoubt(conversationId)) await setTimeout(LOOK);
    const owner = await this.#livingOwner(conversationId);
    return owner === undefined ? undefined : toOwner(owner);
  }

  /** The looks of a node come one after the other: the database keeps what the last one has found. */
  adopt(node: number, limit: number): Promise<Adopted[]> {
    const own = this.#nodes.get(node);
    if (own === undefined) return Promise.reject(ownershipLost());
    const looked = own.looking.then(() => this.#look(node, own, limit));
    own.looking = looked.catch(() => undefined);
    return looked;
  }

  async #look(node: number, own: OwnNode, limit: number): Promise<Adopted[]> {
    const look = own.looks + 1;
    const outcome = await this.#asNode<{ adopted: Adopted[] }>(
      node,
      "SELECT $schema.adopt_1($1, $2, $3, $4, $5) AS outcome",
      ...[look, limit, this.#lease, `${this.#times.awayAfter} milliseconds`],
    );
    own.looks = look;
    return outcome.adopted.map(({ conversationId, fence, away }) => ({
      ...{ conversationId: fromKept(conversationId), fence },
      ...(away !== undefined && { away: fromKept(away) }),
    }));
  }

  async nodes(): Promise<LivingNode[]> {
    const rows = await this.#access.read(
      `SELECT id AS node, address, machine FROM $schema.nodes WHERE NOT dead AND lives_until >= clock_timestamp()
       ORDER BY id`,
    );
    return rows.map((row) => ({
      ...toOwner(row),
      ...(row.machine !== null && { machine: fromKept(String(row.machine)) }),
    }));
  }

  isHeld(node: number): boolean {
    const own = this.#nodes.get(node);
    if (own === undefined) return false;
    const { monotonic, wall } = now();
    return Math.max(monotonic - own.beat.monotonic, wall - own.beat.wall) < this.#times.lease;
  }

  async leave(node: number): Promise<void> {
    this.#nodes.delete(node);
    if (this.#nodes.size === 0) this.close();
    await this.#run("UPDATE $schema.nodes SET dead = true WHERE id = $1", node);
  }

  /** Ends the beats. */
  close(): void {
    clearInterval(this.#beats);
    this.#beats = undefined;
  }

  get #lease(): string {
    return `${this.#times.lease} milliseconds`;
  }

  #claim(node: number, conversationId: string): Promise<Claimed> {
    const text = "SELECT $schema.claim_1($1, $2, $3) AS outcome";
    return this.#asNode<Claimed>(node, text, toKept(conversationId), this.#lease);
  }

  /** Runs a function that beats for a node. @throws AgentServerError `ownership_lost` for a dead one. */
  async #asNode<T extends object>(node: number, text: string, ...values: unknown[]): Promise<T> {
    const beat = now();
    const [row] = await this.#run(text, node, ...values);
    const outcome = row?.outcome as T | Dead;
    if ("dead" in outcome) {
      this.#bury(node);
      throw ownershipLost();
    }
    const own = this.#nodes.get(node);
    if (own !== undefined) own.beat = beat;
    return outcome;
  }

  async #livingOwner(conversationId: string): Promise<Row | undefined> {
    const text = "SELECT $schema.owner_1($1, $2) AS owner";
    const [row] = await this.#access.read(text, toKept(conversationId), this.#lease);
    return (row?.owner ?? undefined) as Row | undefined;
  }

  /** Whether the owner is a node of another process that has not beaten since this store first asked. */
  async #isInDoubt(conversationId: string): Promise<boolean> {
    this.#since ??= await this.#databaseTime();
    const owner = await this.#livingOwner(conversationId);
    if (owner === undefined || this.#nodes.has(Number(owner.node))) return false;
    return String(owner.last_beat) < this.#since;
  }

  async #databaseTime(): Promise<string> {
    const format = `'YYYY-MM-DD"T"HH24:MI:SS.US'`;
    const text = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', ${format}) AS now`;
    const [row] = await this.#access.read(text);
    return String(row?.now);
  }

  /** A beat that is lost is made up for by the next one: it is given up while there is time for that. */
  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const beat = now();
    const nodes = [...this.#nodes.keys()];
    try {
      const text = "SELECT $schema.beat_1($1, $2) AS node";
      const rows = await this.#once(text, [nodes, this.#lease], this.#times.lease / 2);
      const alive = new Set(rows.map(({ node }) => Number(node)));
      for (const node of nodes) {
        const own = this.#nodes.get(node);
        if (own !== undefined && alive.has(node)) own.beat = beat;
        else this.#bury(node);
      }
    } catch {
      // The nodes are not held any more when this goes on for too long.
    } finally {
      this.#isBeating = false;
    }
  }

  #bury(node: number): void {
    const own = this.#nodes.get(node);
    this.#nodes.delete(node);
    own?.options.died?.();
  }

  async #run(text: string, ...values: unknown[]): Promise<Row[]> {
    const { connections } = this.#access;
    connections.assertOpen();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(text, values);
      } catch (error) {
        if (attempt === ATTEMPTS || !mayPass(error)) throw toStoreError(error, connections.target);
        await setTimeout(attempt * LOOK);
      }
    }
  }

  async #once(text: string, values: unknown[], wait?: number): Promise<Row[]> {
    const { connections, schema } = this.#access;
    await schema.ready();
    return connections.claim(text.replaceAll("$schema", schema.quoted), values, wait);
  }
}

/** A beat that is lost must not be the end. */
function checked(times: NodeTimes): NodeTimes {
  for (const [name, value] of Object.entries(times)) {
    if (Number.isSafeInteger(value) && value >= (name === "awayAfter" ? 0 : 1)) continue;
    throw new AgentServerError("bad_request", `times.${name}: must be a number of milliseconds`);
  }
  if (times.lease >= 2 * times.beat) return times;
  throw new AgentServerError("bad_request", "times.lease: must be at least twice times.beat");
}

function now(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

function toOwner({ node, address }: { node?: unknown; address?: unknown }): Owner {
  const isReached = address !== null && address !== undefined;
  return { node: Number(node), ...(isReached && { address: fromKept(String(address)) }) };
}
