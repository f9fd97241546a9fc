import type { Context } from "../context.ts";
import { osOf } from "../version/platform.ts";
import type { Probes } from "./probes.ts";

/** What kind of Mac this is, by what the hardware and the system say. */
export interface Mac {
	readonly appleSilicon: boolean;
	/** Whether what this process starts runs under Rosetta. A native process may well start translated ones: read the binaries. */
	readonly translated: boolean;
	/** `26.6.2`; undefined where sw_vers doesn't say. */
	readonly version: string | undefined;
	/** Whether x86-64 programs can run on Apple Silicon: by starting one, or by the runtime that would run it. */
	rosetta(): boolean;
}

/** Without Rosetta only RosettaLinux is beside it. Asked as well: a system's own programs may have no Intel part any more. */
const rosettaRuntime = "/Library/Apple/usr/libexec/oah/libRosettaRuntime";

/** Undefined on anything but macOS. */
export function macOf(context: Context, probes: Probes): Mac | undefined {
	if (osOf(context.host()) !== "darwin") return undefined;
	// On Intel neither name exists and sysctl fails: that is the answer, not a failure.
	const sysctl = (name: string) => probes.run("/usr/sbin/sysctl", ["-n", name])?.stdout.trim();
	// Between name and value macOS 12 has one tab, macOS 26 two.
	// With SYSTEM_VERSION_COMPAT=1 in the environment it says 10.16 of every macOS since 11.
	const said = probes.run("/usr/bin/sw_vers", [], { env: { ...context.env, SYSTEM_VERSION_COMPAT: "0" } })?.stdout ?? "";
	const version = /^ProductVersion:\s+(\d+(?:\.\d+)*)$/m.exec(said)?.[1];
	const translated = sysctl("sysctl.proc_translated") === "1";
	return {
		appleSilicon: sysctl("hw.optional.arm64") === "1",
		translated,
		version,
		rosetta: () =>
			translated ||
			probes.run("/usr/bin/arch", ["-x86_64", "/usr/bin/true"])?.status === 0 ||
			probes.stat(rosettaRuntime) !== undefined,
	};
}

/** Whether a macOS is at least another; an unknown one is not. */
export function isMacAtLeast(mac: Mac, wanted: string): boolean {
	return mac.version !== undefined && compareDotted(mac.version, wanted) >= 0;
}

/** Whether a macOS is older than another; an unknown one is not. */
export function isMacOlderThan(mac: Mac, wanted: string): boolean {
	return mac.version !== undefined && compareDotted(mac.version, wanted) < 0;
}

function compareDotted(left: string, right: string): number {
	const [one, other] = [left.split(".").map(Number), right.split(".").map(Number)];
	for (let index = 0; index < Math.max(one.length, other.length); index++) {
		const difference = (one[index] ?? 0) - (other[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}
