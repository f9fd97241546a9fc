// What the figures were measured on.
import { execFileSync } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

const fileSystems = { 16914836: "tmpfs", 61267: "ext4", 2435016766: "btrfs", 1481003842: "xfs", 2035054128: "overlayfs" };

export function describeMachine(workDirectory) {
	const { type } = statfsSync(workDirectory);
	return {
		system: systemName(),
		kernel: release(),
		processor: `${cpus()[0]?.model.trim() ?? "unknown"} (${arch()})`,
		cores: cpus().length,
		memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
		fileSystem: fileSystems[type] ?? `type 0x${type.toString(16)}`,
		node: process.version,
	};
}

function systemName() {
	try {
		if (platform() === "darwin") return `macOS ${execFileSync("sw_vers", ["-productVersion"], { encoding: "utf8" }).trim()}`;
		return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? platform();
	} catch {
		return platform();
	}
}

/** Processes that ran or waited to run, of the last minute. */
export function load() {
	return Number(loadavg()[0].toFixed(2));
}

/** More than a quarter of a core is busy with something else. */
export function isBusy(value) {
	return value > Math.max(0.5, cpus().length * 0.25);
}
