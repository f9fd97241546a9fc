import { hostname } from "node:os";
import { join } from "node:path";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import type { Changes } from "../repair/changes.ts";

/** What killed processes left: trees in tmp/, locks, a journal. The next command that changes the store sweeps them too. */
export const leavings: Check = {
	name: "leavings",
	title: "nothing left by killed processes",
	area: "store",
	run: (patient) => {
		const dead = [
			...deadTrees(patient),
			...deadLocks(patient),
			...patient.probes.names(patient.layout.journal).map((name) => join(patient.layout.journal, name)),
		];
		if (dead.length === 0) return fine("nothing of killed processes is left");
		return [finding(dead)];
	},
};

function finding(paths: readonly string[]): Finding {
	return {
		verdict: "warning",
		title: `${paths.length} thing${paths.length === 1 ? "" : "s"} left by killed processes`,
		evidence: paths,
		why: "Half-made trees take room; a lock of a dead process makes the next one wait.",
		fix: {
			commands: ["gox doctor --fix"],
			repair: (changes: Changes) => {
				for (const path of paths) changes.takeAway(path);
			},
		},
	};
}

/** `KIND.PID.RANDOM.KEY` of a process that is gone (store/staging.ts); an `old` tree may be the only copy: that one is gox's to put back. */
function deadTrees({ probes, layout, context }: Patient): readonly string[] {
	return probes.names(layout.tmp).flatMap((name) => {
		const [, kind, pid, key = ""] = /^(new|old|gone)\.(\d+)\.[0-9a-f]{12}\.(.+)$/.exec(name) ?? [];
		if (kind !== undefined && (context.isAlive(Number(pid)) || (kind === "old" && !probes.stat(join(layout.versions, key)))))
			return [];
		return [join(layout.tmp, name)];
	});
}

function deadLocks({ probes, layout, context }: Patient): readonly string[] {
	return probes.names(layout.locks).flatMap((name) => {
		const key = /^(.+)\.owner$/.exec(name)?.[1];
		const [, pid, host] = /^(\d+) (.+)\n$/.exec(key === undefined ? "" : (probes.readText(join(layout.locks, name)) ?? "")) ?? [];
		if (pid === undefined || host !== hostname() || context.isAlive(Number(pid))) return [];
		return [join(layout.locks, name), join(layout.locks, `${key}.lock`)].filter((path) => probes.stat(path) !== undefined);
	});
}
