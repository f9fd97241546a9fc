import { execFile } from "node:child_process";
import { realpathSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { ifPresent, makeDirectory, writeFileAtomic } from "../fs.ts";
import type { GoCommand } from "../releases/proxy/findgo.ts";
import { editedGoEnv, type GoEnvChanges, parseGoEnv, readGoEnvText } from "../releases/proxy/goenvfile.ts";
import { withoutCredentials } from "../releases/proxy/gofailure.ts";
import { hasCredentials } from "../releases/proxy/goproxy.ts";
import { compareParsed, parseGoVersion } from "../version/goversion.ts";
import { editing } from "./journal.ts";

/** Since then `go env` has -w and -u. */
const firstThatWrites = "1.13";

/**
 * Changes Go's own settings: by `go env -w` and `go env -u` where there is a go to do it, else in the file, in its form.
 * An address with a password goes straight into the file, as everyone on the machine can read a program's arguments.
 * @param file as `writableGoEnvFile` has it
 * @throws GoxError `file-system` when the settings aren't in the file afterwards, with go's own words.
 */
export async function writeGoEnv(
	context: Context,
	file: string,
	changes: GoEnvChanges,
	go: GoCommand | undefined,
): Promise<"go" | "file"> {
	const secret = [...changes.values()].some((value) => value !== undefined && hasCredentials(value));
	const by = go && !secret && canWrite(go) ? go : undefined;
	const said = by ? await writeByGo(context, by, file, changes) : "";
	if (!by) writeContent(context, file, editedGoEnv(readGoEnvText(file) ?? "", changes), secret ? 0o600 : undefined);
	const written = parseGoEnv(readGoEnvText(file) ?? "");
	const missing = [...changes].filter(([name, value]) => written.get(name) !== value).map(([name]) => name);
	if (missing.length === 0) return by ? "go" : "file";
	const words = said === "" ? "" : `: ${quote(withoutCredentials(said), 300)}`;
	throw new GoxError("file-system", `${missing.join(", ")} could not be written to ${file}${words}`, { hint: "go env GOENV" });
}

/** Replaces the file whole, or removes it. A symlink stays one: what it leads to is replaced. */
export function writeContent(context: Context, file: string, latin1: string | null, mode?: number): void {
	const path = ifPresent(() => realpathSync(file)) ?? file;
	if (latin1 === null) {
		rmSync(path, { force: true });
		return;
	}
	makeDirectory(dirname(path));
	const present = ifPresent(() => statSync(path).mode & 0o777);
	editing(context, path, () =>
		writeFileAtomic(path, Buffer.from(latin1, "latin1"), mode ?? present ?? 0o644, () => context.checkpoint("goenv:written")),
	);
}

function canWrite({ version }: GoCommand): boolean {
	const parsed = parseGoVersion(/^go(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)/.exec(version)?.[1] ?? "");
	const least = parseGoVersion(firstThatWrites);
	return parsed !== undefined && least !== undefined && compareParsed(parsed, least) >= 0;
}

/** What go said on stderr; whether it did it is seen in the file. */
async function writeByGo(context: Context, go: GoCommand, file: string, changes: GoEnvChanges): Promise<string> {
	const set = [...changes].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
	const unset = [...changes].flatMap(([name, value]) => (value === undefined ? [name] : []));
	const said: string[] = [];
	if (set.length > 0) said.push(await runGoEnv(context, go, file, ["-w", ...set]));
	if (unset.length > 0) said.push(await runGoEnv(context, go, file, ["-u", ...unset]));
	return said.filter(Boolean).join("; ");
}

/** Away from any go.mod, and with nothing set that could make it another Go, or fail for its own reasons. */
function runGoEnv(context: Context, go: GoCommand, file: string, words: readonly string[]): Promise<string> {
	const env = { ...context.env, GOENV: file, GOROOT: go.goroot, GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "" };
	const limits = { cwd: dirname(go.path), env, timeout: 30_000, signal: context.signal } as const;
	return new Promise((resolve, reject) => {
		execFile(go.path, ["env", ...words], limits, (error, _, stderr) => {
			if (context.signal.aborted) reject(new GoxError("interrupted", "interrupted while go env was writing"));
			else resolve(error ? (stderr || error.message).trim().replace(/\s*\n\s*/g, "; ") : "");
		});
	});
}
