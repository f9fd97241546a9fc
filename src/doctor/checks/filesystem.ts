import { dirname, join } from "node:path";
import { osOf } from "../../version/platform.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { type Mount, mountOf, parseMountInfo, parseMountOutput } from "../mounts.ts";
import type { Patient } from "../patient.ts";

const network =
	/^(?:nfs\d?|smbfs|cifs|smb3|afpfs|webdav|fuse\.sshfs|fuse\.rclone|9p|virtiofs|vboxsf|fuse\.vmhgfs-fuse|afs|ceph|glusterfs)$/;

/** What GOX_HOME lies on: a network, a disk that forbids programs, one that knows no capital letters. */
export const fileSystem: Check = {
	name: "file-system",
	title: "a file system that suits GOX_HOME",
	area: "store",
	run: (patient) => {
		const path = nearestExisting(patient);
		const mount = mountOf(patient.probes.realPath(path) ?? path, mountsOf(patient));
		const findings = [...(mount ? mountFindings(patient, mount) : []), ...caseFindings(patient)];
		return findings.length > 0 ? findings : fine(mount ? `${path} lies on ${mount.type}` : `nothing tells what ${path} lies on`);
	},
};

function mountFindings({ layout }: Patient, { type, options, point }: Mount): readonly Finding[] {
	const evidence = [`${point}: ${type} (${options.join(", ")})`];
	const elsewhere = {
		commands: ["export GOX_HOME=/opt/gox", "gox setup"],
		advice: "any place on a local disk that is yours will do; gox import takes the versions over",
	};
	const findings: Finding[] = [];
	if (options.includes("noexec"))
		findings.push({
			verdict: "broken",
			title: `${layout.home} lies on a file system that forbids programs (noexec)`,
			evidence,
			why: "Neither the shims nor any installed go can be started.",
			fix: elsewhere,
		});
	if (network.test(type))
		findings.push({
			verdict: "warning",
			title: `${layout.home} lies on a network file system (${type})`,
			evidence,
			why: "Installing writes ten thousand small files and every go reads hundreds; locks of other machines can't be told from dead ones.",
			fix: elsewhere,
		});
	return findings;
}

/** The usual state of a Mac's disk, and worth a word elsewhere. */
function caseFindings({ probes, layout, mac }: Patient): readonly Finding[] {
	const other = join(dirname(layout.versions), "VERSIONS");
	if (
		mac() ||
		probes.stat(layout.versions) === undefined ||
		probes.stat(other) === undefined ||
		probes.names(layout.home).includes("VERSIONS")
	)
		return [];
	return [
		{
			verdict: "note",
			title: `${layout.home} lies on a file system that ignores case`,
			evidence: [`${other} is ${layout.versions}`],
			why: "Modules whose files differ by case alone can't be kept there; Go itself has none.",
		},
	];
}

function mountsOf({ context, probes }: Patient): readonly Mount[] {
	if (osOf(context.host()) === "linux") return parseMountInfo(probes.readText("/proc/self/mountinfo") ?? "");
	return parseMountOutput(probes.run("/sbin/mount", [])?.stdout ?? "");
}

/** GOX_HOME, or what of its path is there already. */
function nearestExisting({ probes, layout }: Patient): string {
	let path = layout.home;
	while (path !== "/" && probes.stat(path) === undefined) path = dirname(path);
	return path;
}
