/**
 * Everything that was seen of a cluster from outside: what its clients got, the rows of its database, and the file that
 * its tools write. Knows nothing of how the cluster works.
 */
export interface History {
  conversations: readonly ConversationHistory[];
  /** The tools that have begun, in any order. */
  starts: readonly ToolStart[];
}

/** A time in which something was wrong. Milliseconds. */
export interface Span {
  from: number;
  to: number;
}

export interface ConversationHistory {
  id: string;
  /** The log as it is in the end, by place. */
  log: readonly LogEntry[];
  /** One list for each client that followed: the stored events in the order in which they came. */
  seen: readonly (readonly Sight[])[];
  /** The texts of messages that were answered with success. */
  accepted: readonly string[];
  /** The state of the run in the end. */
  status: string;
}

/** A row of a log. */
export interface LogEntry {
  seq: number;
  id: string;
  kind: string;
  /** The claim under which the event was stored. */
  fence: number;
  /** Milliseconds; when its writer made it. */
  at: number;
  /** Of a call and of its results. */
  toolCallId?: string | undefined;
  /** Of a message of the user. */
  text?: string | undefined;
}

/** A stored event, as a client got it. */
export interface Sight {
  seq: number;
  id: string;
  /** Milliseconds; when it came. */
  at: number;
}

/** A line of the file that tools write when they begin. */
export interface ToolStart {
  conversation: string;
  toolCallId: string;
  /** Milliseconds. */
  at: number;
}

/** Everything in a history that a correct cluster cannot have done, in words. */
export function faultsOf({ conversations, starts }: History): string[] {
  const known = new Set(conversations.map(({ id }) => id));
  const strays = starts.filter(({ conversation }) => !known.has(conversation));
  return [
    ...strays.map(({ conversation }) => `a tool began in ${conversation}, which is no conversation`),
    ...conversations.flatMap((conversation) => {
      const own = starts.filter((start) => start.conversation === conversation.id);
      const faults = [
        ...faultsOfLog(conversation.log),
        ...conversation.seen.flatMap((seen, client) => faultsOfClient(conversation.log, seen, client)),
        ...faultsOfCalls(conversation.log),
        ...faultsOfStarts(conversation.log, own),
        ...faultsOfMessages(conversation),
        ...(conversation.status === "finished" ? [] : [`it is ${conversation.status} in the end`]),
      ];
      return faults.map((fault) => `${conversation.id}: ${fault}`);
    }),
  ];
}

/** Milliseconds between two arrivals at any client of a conversation, the longest of all. */
export function longestSilence({ conversations }: History): number {
  return Math.max(0, ...conversations.flatMap(silencesOf).map(({ from, to }) => to - from));
}

/** A time in which a conversation was silent and nothing was wrong. */
export interface CalmSilence extends Span {
  conversation: string;
}

/** As much of a silence as had no trouble in it, in one piece, the longest of all. undefined without any. */
export function longestCalmSilence(
  { conversations }: History,
  troubles: readonly Span[],
): CalmSilence | undefined {
  const calms = calmsAround(troubles);
  const silences = conversations.flatMap((conversation) =>
    silencesOf(conversation).flatMap((silence) =>
      calms.map((calm) => ({
        conversation: conversation.id,
        from: Math.max(silence.from, calm.from),
        to: Math.min(silence.to, calm.to),
      })),
    ),
  );
  const length = ({ from, to }: Span) => to - from;
  return silences.filter((one) => length(one) > 0).toSorted((a, b) => length(b) - length(a))[0];
}

function silencesOf({ seen }: ConversationHistory): Span[] {
  const times = seen.flatMap((sights) => sights.map(({ at }) => at)).toSorted((a, b) => a - b);
  return times.slice(1).map((to, index) => ({ from: times[index] ?? to, to }));
}

function calmsAround(troubles: readonly Span[]): Span[] {
  const calms: Span[] = [];
  let from = Number.NEGATIVE_INFINITY;
  for (const trouble of troubles.toSorted((a, b) => a.from - b.from)) {
    if (trouble.from > from) calms.push({ from, to: trouble.from });
    from = Math.max(from, trouble.to);
  }
  return [...calms, { from, to: Number.POSITIVE_INFINITY }];
}

/** How often a conversation came to another node, or to the same one again. */
export function takeoversOf({ conversations }: History): number {
  return conversations.reduce((sum, { log }) => sum + new Set(log.map(({ fence }) => fence)).size - 1, 0);
}

function faultsOfLog(log: readonly LogEntry[]): string[] {
  const places = new Map<string, number>();
  return log.flatMap(({ seq, id, fence }, index) => {
    const before = log[index - 1];
    const twin = places.get(id);
    places.set(id, seq);
    return [
      ...(seq === index ? [] : [`place ${index} of the log holds place ${seq}`]),
      ...(twin === undefined ? [] : [`event ${id} is at ${twin} and at ${seq}`]),
      ...(before === undefined || before.fence <= fence
        ? []
        : [`the fence falls from ${before.fence} to ${fence} at ${seq}`]),
    ];
  });
}

/** A client gets every event once and in order, and what it got stays. */
function faultsOfClient(log: readonly LogEntry[], seen: readonly Sight[], client: number): string[] {
  return seen.flatMap(({ seq, id }, index) => {
    const before = seen[index - 1];
    const stored = log[seq]?.id;
    return [
      ...(stored === id ? [] : [`client ${client} got ${id} at ${seq}, where ${stored ?? "nothing"} is`]),
      ...(before === undefined || before.seq + 1 === seq
        ? []
        : [`client ${client} got ${seq} after ${before.seq}`]),
    ];
  });
}

function faultsOfCalls(log: readonly LogEntry[]): string[] {
  const called = new Map<string, number>();
  const answered = new Map<string, number>();
  return log.flatMap(({ kind, seq, toolCallId }) => {
    if (toolCallId === undefined) return [];
    const isCall = kind === "ActionEvent";
    const noted = isCall ? called : answered;
    const twin = noted.get(toolCallId);
    noted.set(toolCallId, seq);
    return [
      ...(twin === undefined
        ? []
        : [`call ${toolCallId} is ${isCall ? "made" : "answered"} at ${twin} and ${seq}`]),
      ...(isCall || called.has(toolCallId)
        ? []
        : [`the result at ${seq} answers ${toolCallId}, which is no call`]),
    ];
  });
}

/** A call begins once, when it is stored, and only while its writer owns the conversation. */
function faultsOfStarts(log: readonly LogEntry[], starts: readonly ToolStart[]): string[] {
  const calls = new Map(log.flatMap((entry) => callOf(entry)));
  const begun = new Set<string>();
  return starts.flatMap(({ toolCallId, at }) => {
    const isSecond = begun.has(toolCallId);
    begun.add(toolCallId);
    const call = calls.get(toolCallId);
    if (call === undefined) return [`${toolCallId} began and is not in the log`];
    const successor = log.find(({ fence }) => fence > call.fence);
    const late = successor === undefined ? 0 : at - successor.at;
    return [
      ...(isSecond ? [`${toolCallId} began twice`] : []),
      ...(late > 0
        ? [`${toolCallId} began under ${call.fence}, ${late} ms after ${successor?.fence} had written`]
        : []),
    ];
  });
}

function callOf(entry: LogEntry): [string, LogEntry][] {
  return entry.kind === "ActionEvent" && entry.toolCallId !== undefined ? [[entry.toolCallId, entry]] : [];
}

function faultsOfMessages({ log, accepted }: ConversationHistory): string[] {
  const texts = new Set(log.flatMap(({ text }) => text ?? []));
  return accepted.filter((text) => !texts.has(text)).map((text) => `the message ${text} is lost`);
}
