import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import type { Context, Env } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, isExecutable } from "../fs.ts";
import { executableOf, headerOf } from "../go/builtfor.ts";
import { osOf } from "../version/platform.ts";

/**
 * Runs a command with gox's own stdin, stdout and stderr until it ends, and returns its exit status: 128+n when signal n
 * ended it. SIGTERM and SIGHUP are passed on to it, and SIGINT unless a terminal has sent that to both already.
 * @throws GoxError `command-not-found`, `not-executable`
 */
export async function runInForeground(context: Context, argv: readonly string[], env: Env): Promise<number> {
	const [name = "", ...args] = argv;
	const program = startable(context, name, env.PATH ?? "");
	const done = new AbortController();
	try {
		const child = spawn(program, args, { argv0: name, cwd: context.cwd, env, stdio: "inherit" });
		const passOn = () => {
			const signal = interruptedBy(context);
			if (signal !== "SIGINT" || !context.interactive) child.kill(signal);
		};
		context.signal.addEventListener("abort", passOn, { signal: done.signal });
		return await new Promise<number>((ended, failed) => {
			child.on("error", failed);
			child.on("exit", (status, signal) => ended(signal === null ? (status ?? 1) : 128 + constants.signals[signal]));
		});
	} catch (error) {
		throw notStarted(name, error);
	} finally {
		done.abort();
	}
}

/**
 * The program of that name.
 * @throws GoxError `command-not-found`, `not-executable`
 */
export function startable(context: Context, name: string, path: string): string {
	const program = findProgram(name, path, context.cwd);
	if (hasForeignFormat(context, program)) throw new GoxError("not-executable", `${name}: Exec format error`);
	return program;
}

/** Whether PATH, or the path that it is, has a program of that name. */
export function isProgram({ cwd, env }: Context, name: string): boolean {
	try {
		return findProgram(name, env.PATH ?? "", cwd) !== "";
	} catch (error) {
		if (error instanceof GoxError) return false;
		throw error;
	}
}

/**
 * As a shell finds it; an empty entry of PATH is the working directory.
 * @throws GoxError `command-not-found`, `not-executable`
 */
function findProgram(name: string, path: string, cwd: string): string {
	const candidates = name.includes("/") ? [resolve(cwd, name)] : path.split(":").map((each) => resolve(cwd, each, name));
	const found = name === "" ? undefined : candidates.find(isExecutable);
	if (found !== undefined) return found;
	if (name !== "" && candidates.some((each) => existsSync(each))) {
		throw new GoxError("not-executable", `${name}: Permission denied`);
	}
	throw new GoxError("command-not-found", `${name}: command not found`);
}

/** The failure of a program that was found and couldn't be started. */
export function notStarted(name: string, error: unknown): GoxError {
	return new GoxError("not-executable", `${name}: ${reason(error)}`, { cause: error });
}

/** The signal that ends this run, to be passed on. */
export function interruptedBy({ signal }: Context): NodeJS.Signals {
	const name = signal.reason instanceof GoxError ? signal.reason.cause : undefined;
	return name === "SIGINT" || name === "SIGHUP" ? name : "SIGTERM";
}

function reason(error: unknown): string {
	return systemCode(error) === "EACCES" ? "Permission denied" : error instanceof Error ? error.message : String(error);
}

/**
 * Whether execve would refuse a program with ENOEXEC. Node's spawn would then hand it to sh, as execvp does, and another
 * platform's Go would be read as a script; the native shim doesn't, and the two must agree.
 */
export function hasForeignFormat(context: Context, program: string): boolean {
	const header = readable(program);
	if (header === undefined || (header[0] === 0x23 && header[1] === 0x21)) return false;
	const host = context.host();
	const machine = executableOf(header);
	const native = osOf(host) === "darwin" ? machine?.format !== "ELF" : machine?.format === "ELF";
	// Rosetta, and 32-bit programs: what isn't for another of the platforms we know is the kernel's to judge.
	const elsewhere = osOf(host) === "linux" && machine?.platforms[0] !== undefined && !machine.platforms.includes(host);
	return (!machine || !native || elsewhere) && !hasInterpreters(context);
}

/** A program may be executable and not readable. */
function readable(program: string): Uint8Array | undefined {
	try {
		return headerOf(program);
	} catch (error) {
		if (systemCode(error) === undefined) throw error;
		return undefined;
	}
}

/** Linux can be told to start other formats by an emulator (binfmt_misc, kernel.org, "admin-guide"). */
function hasInterpreters({ machineRoot = "/" }: Context): boolean {
	const registered = ifPresent(() => readdirSync(join(machineRoot, "proc/sys/fs/binfmt_misc"))) ?? [];
	return registered.some((name) => name !== "register" && name !== "status");
}
