import { commandHelp, ownWords, parseArguments } from "./cli/arguments.ts";
import { reportOn } from "./cli/report.ts";
import { commandCalled, commands } from "./commands/table.ts";
import { type Context, processContext } from "./context.ts";
import { goxVersion } from "./product.ts";
import { recover } from "./store/abandoned.ts";

/** Runs a command line, without the program's name, and gives the process's exit status. */
export async function main(argv: readonly string[]): Promise<number> {
	const context = processContext();
	const status = await run(context, argv);
	if (status !== 0 || context.stdout.loss === undefined) return status;
	const { renderLoss } = await import("./cli/failure.ts");
	return renderLoss(context, context.stdout.loss);
}

async function run(context: Context, argv: readonly string[]): Promise<number> {
	const [first, ...words] = argv;
	const name = first === "--version" || first === "-V" ? "version" : first;
	// Until it is known which of the words are gox's own.
	let asJson = argv.includes("--json");
	try {
		if (name === undefined || name === "help" || name === "--help" || name === "-h")
			return await help(
				context,
				words.find((word) => !word.startsWith("-")),
			);
		const spec = commandCalled(name) ?? (await unknownCommand(name));
		const own = ownWords(spec, words);
		asJson = own.includes("--json");
		if (own.includes("--help") || own.includes("-h")) return await help(context, name);
		const { args, options, rest } = await parseArguments(spec, words);
		const report = reportOn(context, { json: options.has("json"), quiet: options.has("quiet"), verbose: options.has("verbose") });
		const { run: runCommand } = await spec.load();
		await recover(context, report.detail);
		return (await runCommand({ context, report, args, options, rest, name, commands })) ?? 0;
	} catch (error) {
		const { renderFailure } = await import("./cli/failure.ts");
		return renderFailure(context, error, asJson);
	}
}

async function help(context: Context, name: string | undefined): Promise<number> {
	const { overview } = await import("./cli/help.ts");
	if (name === undefined) context.stdout.write(overview(commands, goxVersion));
	else context.stdout.write(commandHelp(commandCalled(name) ?? (await unknownCommand(name))));
	return 0;
}

async function unknownCommand(name: string): Promise<never> {
	throw (await import("./cli/help.ts")).unknownCommandFailure(name, commands);
}
