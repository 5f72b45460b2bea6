import type { Store } from "../stores/store.ts";

export interface MortalStore {
  readonly store: Store;
  readonly isDead: boolean;
  /** Resolves when the store dies. */
  readonly died: Promise<void>;
}

/**
 * Wraps a store so that it fails like a killed process: after `lifetime` commits, every call rejects. Committed data
 * stays on `disk`, which `close` leaves open.
 */
export function mortalStore(disk: Store, lifetime: number): MortalStore {
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  let commits = 0;
  const nodes = new Set<number>();
  let isDead = false;
  const assertAlive = () => {
    if (isDead) throw new Error("the server was killed");
  };
  const alive =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      assertAlive();
      return work(...args);
    };
  const { conversations, events, bashEvents, documents, outbox } = disk;
  return {
    died,
    get isDead() {
      return isDead;
    },
    store: {
      conversations: {
        find: alive((...args) => conversations.find(...args)),
        search: alive((...args) => conversations.search(...args)),
        count: alive((...args) => conversations.count(...args)),
      },
      events: {
        find: alive((...args) => events.find(...args)),
        search: alive((...args) => events.search(...args)),
        count: alive((...args) => events.count(...args)),
      },
      bashEvents: {
        append: alive((...args) => bashEvents.append(...args)),
        find: alive((...args) => bashEvents.find(...args)),
        search: alive((...args) => bashEvents.search(...args)),
        lastSeq: alive(() => bashEvents.lastSeq()),
        unfinished: alive(() => bashEvents.unfinished()),
        clear: alive((...args) => bashEvents.clear(...args)),
        prune: alive((...args) => bashEvents.prune(...args)),
      },
      documents: {
        read: alive((...args) => documents.read(...args)),
        list: alive((...args) => documents.list(...args)),
        write: alive((...args) => documents.write(...args)),
      },
      outbox: {
        append: alive((...args) => outbox.append(...args)),
        queues: alive((...args) => outbox.queues(...args)),
        totals: alive((...args) => outbox.totals(...args)),
        read: alive((...args) => outbox.read(...args)),
        remove: alive((...args) => outbox.remove(...args)),
      },
      commit: alive(async (change) => {
        if (commits >= lifetime) {
          isDead = true;
          await Promise.all([...nodes].map((node) => disk.ownership.leave(node)));
          die();
          assertAlive();
        }
        commits += 1;
        await disk.commit(change);
      }),
      ownership: {
        join: alive(async (options) => {
          const node = await disk.ownership.join(options);
          nodes.add(node);
          return node;
        }),
        claim: alive((...args) => disk.ownership.claim(...args)),
        release: alive((...args) => disk.ownership.release(...args)),
        ownerOf: alive((...args) => disk.ownership.ownerOf(...args)),
        adopt: alive((...args) => disk.ownership.adopt(...args)),
        nodes: alive(() => disk.ownership.nodes()),
        isHeld: (node) => !isDead && disk.ownership.isHeld(node),
        leave: alive((...args) => disk.ownership.leave(...args)),
      },
      relay: {
        publish: (id, frame) => {
          if (!isDead) disk.relay.publish(id, frame);
        },
        follow: (id, take) => disk.relay.follow(id, take),
      },
      remove: alive((id) => disk.remove(id)),
      close: async () => {},
    },
  };
}
