import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { systemCode } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { headerOf, machineOf } from "../verify/machine.ts";
import { osOf } from "../version/platform.ts";

/**
 * Whether execve would refuse a program with ENOEXEC. Node's spawn would then hand it to sh, as execvp does, and another
 * platform's Go would be read as a script; the native shim doesn't, and the two must agree.
 */
export function hasForeignFormat(context: Context, program: string): boolean {
	const header = readable(program);
	if (header === undefined || (header[0] === 0x23 && header[1] === 0x21)) return false;
	const host = context.host();
	const machine = machineOf(header);
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
