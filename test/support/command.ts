import { parseArguments } from "../../src/cli/arguments.ts";
import { reportOn } from "../../src/cli/report.ts";
import { commandCalled, commands } from "../../src/commands/table.ts";
import { GoxError } from "../../src/errors.ts";
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
	const spec = commandCalled(name);
	if (!spec) throw new Error(`there is no command ${name}`);
	const done = (status: number, failure = "") => ({ status, failure, out: context.out(), err: context.err(), context });
	try {
		const parsed = await parseArguments(spec, words);
		const has = (flag: string) => parsed.options.has(flag);
		const report = reportOn(context, { json: has("json"), quiet: has("quiet"), verbose: has("verbose") });
		const { run } = await spec.load();
		return done((await run({ context, report, ...parsed, name, commands })) ?? 0);
	} catch (error) {
		if (!(error instanceof GoxError)) throw error;
		return done(error.exit, `${error.message}\n${error.hint ?? ""}`);
	}
}
