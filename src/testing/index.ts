export type { CanonicalOptions } from "./cassette/canonical.ts";
export { type CassetteOptions, cassette } from "./cassette/cassette.ts";
export { type CassetteFetchOptions, cassetteFetch } from "./cassette/cassette-fetch.ts";
export type { CassetteMode } from "./cassette/tape.ts";
export type { Expected, TestChat } from "./chat/chat.ts";
export { type CrashFlow, type CrashReport, crashPoints } from "./crash-points.ts";
export { type Failure, fail } from "./fail.ts";
export { type FixedClock, fixedClock } from "./fixed-clock.ts";
export { type ExpectedEvent, type Fixture, toFixture } from "./fixture/fixture.ts";
export { type ReplayOptions, replayFixture } from "./fixture/replay-fixture.ts";
export { hostContract, type RunningHost } from "./host-contract.ts";
export { type LeakCheck, watchLeaks } from "./leaks.ts";
export {
  after,
  call,
  calls,
  cut,
  type DelayedStep,
  type ReplyPart,
  type Rule,
  type Step,
  type Steps,
  say,
  think,
  usage,
} from "./scripted-llm/llm-script.ts";
export { type LlmScript, parseLlmScript, type StepJson } from "./scripted-llm/llm-script-file.ts";
export {
  isSideCall,
  type ScriptedLlm,
  type ScriptedLlmOptions,
  scriptedLlm,
} from "./scripted-llm/scripted-llm.ts";
export {
  isSideRequest,
  type ScriptedLlmServer,
  type ScriptedLlmServerOptions,
  type ScriptedServerRequest,
  startScriptedLlmServer,
} from "./scripted-llm/scripted-llm-server.ts";
export { type ContractCheck, type StoreContractOptions, storeContract } from "./store-contract.ts";
export {
  createTestServer,
  type TestConversation,
  type TestServer,
  type TestServerOptions,
} from "./test-server.ts";
export { type WorkspaceContractOptions, workspaceContract } from "./workspace-contract.ts";
