import type { Context } from "./context.ts";
import { GoxError } from "./errors.ts";
import { statusOfLostOutput, writeText } from "./output.ts";
import { goxVersion } from "./product.ts";

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V" || argv[0] === "version")) {
	sayVersion();
} else {
	await main();
}

async function main(): Promise<void> {
	const { processContext } = await import("./context.ts");
	const context = processContext(interruption());
	// Idle keep-alive connections would hold the process.
	process.exit(await run(context));
}

function sayVersion(): void {
	try {
		writeText(1, `gox ${goxVersion}\n`);
	} catch (error) {
		process.exitCode = statusOfLostOutput(error);
	}
}

async function run(context: Context): Promise<number> {
	const [name, ...words] = argv;
	let asJson = false;
	try {
		if (name === undefined || name === "help" || name === "--help" || name === "-h") return await help(context, words[0]);
		const [{ commandCalled, commands }, { ownWords, parseArguments }, { reportOn }, { recover }] = await Promise.all([
			import("./commands/table.ts"),
			import("./arguments.ts"),
			import("./ui/report.ts"),
			import("./store/recover.ts"),
		]);
		const spec = commandCalled(name) ?? (await unknownCommand(name));
		const own = ownWords(spec, words);
		asJson = own.includes("--json");
		if (own.includes("--help") || own.includes("-h")) return await help(context, name);
		const { args, options, rest } = parseArguments(spec, words);
		const report = reportOn(context, { json: options.has("json"), quiet: options.has("quiet"), verbose: options.has("verbose") });
		const { run: runCommand } = await spec.load();
		await recover(context, report.detail);
		return (await runCommand({ context, report, args, options, rest, name, commands })) ?? 0;
	} catch (error) {
		const { renderFailure } = await import("./ui/failure.ts");
		return renderFailure(context, error, asJson);
	}
}

async function help(context: Context, name: string | undefined): Promise<number> {
	const [{ commands, commandCalled }, { commandHelp }, { overview }] = await Promise.all([
		import("./commands/table.ts"),
		import("./arguments.ts"),
		import("./ui/help.ts"),
	]);
	if (name === undefined) context.stdout.write(overview(commands, goxVersion));
	else context.stdout.write(commandHelp(commandCalled(name) ?? (await unknownCommand(name))));
	return 0;
}

async function unknownCommand(name: string): Promise<never> {
	const [{ commands }, { unknownCommandFailure }] = await Promise.all([import("./commands/table.ts"), import("./ui/help.ts")]);
	throw unknownCommandFailure(name, commands);
}

/** The first Ctrl-C or SIGTERM ends the work in order; a second one ends the process. */
function interruption(): AbortSignal {
	const controller = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.on(signal, () => {
			if (controller.signal.aborted) process.exit(130);
			controller.abort(new GoxError("interrupted", `interrupted (${signal})`, { cause: signal }));
		});
	}
	return controller.signal;
}
