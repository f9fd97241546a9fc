import { parseArguments } from "../../src/cli/arguments.ts";
import { renderFailure } from "../../src/cli/failure.ts";
import { reportOn } from "../../src/cli/report.ts";
import { commandCalled, commands } from "../../src/commands/table.ts";
import type { Context } from "../../src/context.ts";
import { recover } from "../../src/store/abandoned.ts";

/** A command as the program would run it, in this process: its exit status. */
export async function runCommand(context: Context, [name = "", ...words]: readonly string[]): Promise<number> {
	const spec = commandCalled(name);
	if (!spec) throw new Error(`there is no command ${name}`);
	let asJson = false;
	try {
		const { args, options, rest } = await parseArguments(spec, words);
		asJson = options.has("json");
		const report = reportOn(context, { json: asJson, quiet: options.has("quiet"), verbose: options.has("verbose") });
		const { run } = await spec.load();
		await recover(context, report.detail);
		return (await run({ context, report, args, options, rest, name, commands })) ?? 0;
	} catch (error) {
		return renderFailure(context, error, asJson);
	}
}
