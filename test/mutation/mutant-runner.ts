import { writeFileSync } from "node:fs";
import { type RunnerTask, type RunnerTestCase, TestRunner, type TestTryOptions } from "vitest";

/** What the tests of one file have found out. */
export interface MutantReport {
  covered: number[];
  killed: number[];
  /** Tests that fail without any mutant. */
  broken: string[];
}

const { MUTATION_COUNT, MUTATION_KILLED = "", MUTATION_REPORT = "" } = process.env;
/** What asks this often runs in a circle. */
const MOST_QUESTIONS = 200_000;

/** Plays every test once as it is, and then once with each mutant that it has come by and that is still alive. */
export default class MutantRunner extends TestRunner {
  readonly #killed = new Set(MUTATION_KILLED.split(",").filter(Boolean).map(Number));
  readonly #covered = new Set<number>();
  readonly #broken: string[] = [];
  /** What the current test has come by. */
  #own = new Set<number>();
  /** The mutant in force; 0 is none. */
  #active = 0;
  #questions = 0;

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(test);
    test.repeats = Number(MUTATION_COUNT);
    this.#own = new Set();
    globalThis.isMutant = (id) => this.#ask(id);
  }

  override onBeforeTryTask(test: RunnerTask, options: TestTryOptions): void {
    super.onBeforeTryTask(test, options);
    this.#active = options.repeats;
    this.#questions = 0;
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    if (this.#isDue()) await TestRunner.getTestFn(test)();
  }

  override onAfterTryTask(test: RunnerTestCase): void {
    if (this.#isDue()) super.onAfterTryTask(test);
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: TestTryOptions): Promise<void> {
    await super.onAfterRetryTask(test, options);
    const hasFailed = test.result?.state === "fail";
    if (hasFailed && this.#active > 0) this.#killed.add(this.#active);
    if (hasFailed && this.#active === 0) {
      this.#broken.push(test.name);
      this.#own.clear();
    }
    for (const id of this.#own) this.#covered.add(id);
    this.#active = 0;
  }

  override onAfterRunFiles(files: Parameters<TestRunner["onAfterRunFiles"]>[0]): void {
    super.onAfterRunFiles(files);
    // A file that cannot be loaded has no tests.
    for (const { name, result } of files) if (result?.errors?.length) this.#broken.push(name);
    const report: MutantReport = {
      covered: [...this.#covered],
      killed: [...this.#killed],
      broken: this.#broken,
    };
    writeFileSync(MUTATION_REPORT, JSON.stringify(report));
  }

  #isDue(): boolean {
    return this.#active === 0 || (this.#own.has(this.#active) && !this.#killed.has(this.#active));
  }

  #ask(id: number): boolean {
    if (this.#active === 0) this.#own.add(id);
    else if (++this.#questions > MOST_QUESTIONS) throw new Error("it runs in a circle");
    return id === this.#active;
  }
}
