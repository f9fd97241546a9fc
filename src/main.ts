import { actionNamed, ownWords, parseArguments } from "./cli/arguments.ts";
import { reportOn } from "./cli/report.ts";
import { commandCalled, commands } from "./commands/table.ts";
import { type Context, processContext } from "./context.ts";
import { goxVersion } from "./product.ts";
import { recover } from "./store/abandoned.ts";

/** Runs a command line, given without the program's name. Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
	const context = processContext();
	const status = await runCommandLine(context, argv);
	if (status !== 0 || context.stdout.loss === undefined) return status;
	const { renderLoss } = await import("./cli/failure.ts");
	return renderLoss(context, context.stdout.loss);
}

/** As `main`, in the given context. Prints the error if the command fails. */
export async function runCommandLine(context: Context, argv: readonly string[]): Promise<number> {
	try {
		return await run(context, argv);
	} catch (error) {
		const { renderFailure } = await import("./cli/failure.ts");
		return renderFailure(context, error, wantsJson(argv));
	}
}

/** As `runCommandLine`, but throws the error. */
export async function run(context: Context, argv: readonly string[]): Promise<number> {
	const [first, ...words] = argv;
	const name = first === "--version" || first === "-V" ? "version" : first;
	if (name === undefined || name === "help" || name === "--help" || name === "-h")
		return help(
			context,
			words.filter((word) => !word.startsWith("-")),
		);
	const spec = commandCalled(name) ?? (await unknownCommand(name));
	const own = ownWords(spec, words);
	if (own.includes("--help") || own.includes("-h")) return help(context, [name, ...own]);
	const { args, options, rest, action } = await parseArguments(spec, words);
	const report = reportOn(context, { json: options.has("json"), quiet: options.has("quiet"), verbose: options.has("verbose") });
	const { run: runAction } = await action.load();
	await recover(context, report.detail);
	return (await runAction({ context, report, args, options, rest, name, commands, typed: argv })) ?? 0;
}

/** In `gox exec -- prog --json` the `--json` belongs to prog. */
function wantsJson(argv: readonly string[]): boolean {
	const [name = "", ...words] = argv;
	const spec = commandCalled(name);
	return (spec ? ownWords(spec, words) : argv).includes("--json");
}

async function help(context: Context, [name, ...words]: readonly string[]): Promise<number> {
	const { commandHelp, overview } = await import("./cli/help.ts");
	if (name === undefined) context.stdout.write(overview(commands, goxVersion));
	else {
		const { path, spec } = actionNamed(commandCalled(name) ?? (await unknownCommand(name)), words);
		context.stdout.write(commandHelp(spec, path));
	}
	return 0;
}

async function unknownCommand(name: string): Promise<never> {
	throw (await import("./cli/help.ts")).unknownCommandFailure(name, commands);
}
