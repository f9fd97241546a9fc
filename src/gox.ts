import { statusOfLostOutput, writeText } from "./output.ts";
import { goxVersion, tooOldRuntime } from "./product.ts";

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V" || argv[0] === "version")) sayVersion();
else void runCommand();

async function runCommand(): Promise<void> {
	const fault = tooOldRuntime(process.versions.node);
	if (fault !== undefined) {
		writeText(2, fault);
		process.exit(2);
	}
	const { main } = await import("./main.ts");
	// Idle keep-alive connections would keep the process running.
	process.exit(await main(argv));
}

function sayVersion(): void {
	try {
		writeText(1, `gox ${goxVersion}\n`);
	} catch (error) {
		process.exitCode = statusOfLostOutput(error);
	}
}
