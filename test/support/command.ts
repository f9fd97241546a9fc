import { GoxError } from "../../src/errors.ts";
import { run } from "../../src/main.ts";
import { type TestContext, type TestContextOptions, testContext } from "./context.ts";

export interface Commanded {
	readonly status: number;
	readonly out: string;
	readonly err: string;
	/** What was thrown: its message, with its hint. */
	readonly failure: string;
	readonly context: TestContext;
}

/** Runs a command in this process, in a context of its own. What isn't a GoxError is thrown on. */
export async function command(options: TestContextOptions, name: string, ...words: readonly string[]): Promise<Commanded> {
	const context = testContext(options);
	const done = (status: number, failure = "") => ({ status, failure, out: context.out(), err: context.err(), context });
	try {
		return done(await run(context, [name, ...words]));
	} catch (error) {
		if (!(error instanceof GoxError)) throw error;
		return done(error.exit, `${error.message}\n${error.hint ?? ""}`);
	}
}
