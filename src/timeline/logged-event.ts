/** An event as a server sends or stores it. Other servers may have other fields, so each is looked at before it is used. */
export type LoggedEvent = Readonly<Record<string, unknown>>;
