import { z } from "zod";
import { uuid } from "../wire/ids.ts";
import { errorBody } from "../wire/validation-error.ts";

/** The parameter of every path below `/api/conversations/{conversation_id}`. */
export const conversationParams = z.object({ conversation_id: uuid });

export const notFound = { description: "No such conversation", body: errorBody } as const;
export const conflict = { description: "The conversation does not allow it now", body: errorBody } as const;
export const refused = { description: "The request cannot be carried out", body: errorBody } as const;

export const SUCCESS = { status: 200, body: { success: true } } as const;
