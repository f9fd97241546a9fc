/** One mounted file system. */
export interface Mount {
	readonly point: string;
	/** `ext4`, `apfs`, `nfs4`, `fuse.sshfs`. */
	readonly type: string;
	readonly options: readonly string[];
}

/** Reads /proc/self/mountinfo (proc_pid_mountinfo(5)); blanks in names are `\040`. */
export function parseMountInfo(text: string): readonly Mount[] {
	return text.split("\n").flatMap((line) => {
		const [left = "", right = ""] = line.split(" - ");
		const [, , , , point, options = ""] = left.split(" ");
		const [type = "", , superOptions = ""] = right.split(" ");
		if (point === undefined || type === "") return [];
		return [
			{
				point: unescaped(point),
				type,
				options: [...options.split(","), ...superOptions.split(",").filter((each) => each === "ro")],
			},
		];
	});
}

/** Reads what macOS's mount prints: `/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)`. */
export function parseMountOutput(text: string): readonly Mount[] {
	return text.split("\n").flatMap((line) => {
		const [, point, type, options] = /^.+? on (\/.*) \((\w+)((?:, [^,()]+)*)\)$/.exec(line) ?? [];
		return point && type ? [{ point, type, options: (options ?? "").split(", ").filter(Boolean) }] : [];
	});
}

/** The mount that a path without symlinks lies on: the last of those with the longest mount point. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
	const around = mounts.filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`));
	const longest = Math.max(0, ...around.map(({ point }) => point.length));
	return around.findLast(({ point }) => point.length === longest);
}

function unescaped(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
