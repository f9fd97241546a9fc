import { lstatSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent } from "../fs.ts";

/**
 * The directory in which the search for files starts: `$PWD` if it is the working directory, so that the search follows the
 * path that the user typed through symlinks; else the physical path. Undefined if the directory was deleted.
 */
export function startOf(context: Context, args: readonly string[] = []): string | undefined {
	const start = workingDirectory(context);
	const dir = chdirFlag(args);
	if (dir === undefined || (start === undefined && !isAbsolute(dir))) return start;
	return moved(context, dir) ?? start;
}

/** The directories from `start` up to `/`, lexically. */
export function* upward(start: string): Generator<string> {
	for (let directory = start; ; directory = dirname(directory)) {
		yield directory;
		if (directory === "/") return;
	}
}

function workingDirectory(context: Context): string | undefined {
	const { PWD } = context.env;
	const named = PWD !== undefined && isAbsolute(PWD) ? identityOf(PWD) : undefined;
	if (PWD !== undefined && isPlain(PWD) && named !== undefined && named === identityOf(context.cwd)) return PWD;
	// The context's directory is `/` when the real one was deleted; PWD still names that one.
	return context.cwd === "/" && PWD !== undefined && isAbsolute(PWD) && named === undefined ? undefined : context.cwd;
}

/** Device and inode; undefined if there is no such directory. */
function identityOf(path: string): string | undefined {
	try {
		const stat = statSync(path, { bigint: true });
		return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
	} catch {
		return undefined;
	}
}

/** DIR of `go -C DIR`, where cmd/go would take it (its `handleChdirFlag`). */
export function chdirFlag(args: readonly string[]): string | undefined {
	const isWord = (at: number) => Boolean(args[at]) && !args[at]?.startsWith("-");
	let at = isWord(0) ? 1 : 0;
	if ((args[0] === "mod" || args[0] === "work") && isWord(1)) at = 2;
	const flag = args[at];
	if (flag === "-C" || flag === "--C") return args[at + 1];
	return /^--?C=(.*)$/s.exec(flag ?? "")?.[1];
}

/**
 * Where cmd/go is after its chdir to DIR: `$PWD` if that names the place, else its real path. Only the kernel's realpath will
 * do: Node's own resolves `link/..` lexically before it reads the link. Undefined if there is no such directory.
 */
function moved({ cwd, env: { PWD } }: Context, dir: string): string | undefined {
	if (dir === "") return undefined;
	const path = isAbsolute(dir) ? dir : `${cwd}/${dir}`;
	const identity = identityOf(path);
	if (identity === undefined) return undefined;
	return PWD !== undefined && isPlain(PWD) && identityOf(PWD) === identity ? PWD : realpathSync.native(path);
}

function isPlain(path: string): boolean {
	return isAbsolute(path) && path === plainPath(path);
}

/** An absolute path without its empty, `.` and `..` components. */
export function plainPath(path: string): string {
	return `/${path
		.split("/")
		.filter((word) => word !== "" && word !== "." && word !== "..")
		.join("/")}`;
}

/**
 * The uid of the owner of a file, or of a link to it, if that is neither root nor this user. Such a file may choose among
 * installed versions, but gox installs nothing for it. Undefined for a file that is trusted or gone.
 */
export function strangerBehind({ uid }: Pick<Context, "uid">, path: string): number | undefined {
	const owners = [ifPresent(() => statSync(path))?.uid, ifPresent(() => lstatSync(path))?.uid];
	return owners.find((owner) => owner !== undefined && owner !== 0 && owner !== uid);
}
