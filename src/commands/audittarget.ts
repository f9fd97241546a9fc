import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { userAliases } from "../store/alias.ts";
import type { AuditTarget } from "../store/audit.ts";
import { type Installed, storedVersions } from "../store/installed.ts";
import { layoutOf } from "../store/layout.ts";
import { pickInstalled } from "../store/pick.ts";
import { identify } from "../verify/goroot.ts";
import type { Platform } from "../version/platform.ts";
import { parseRequest } from "../version/request.ts";

/**
 * What `gox verify WORD` is about: an installed version, also one whose bin/go is gone, or a directory.
 * @throws GoxError `not-installed`, `not-a-version`; `usage` for a path that is no GOROOT; `integrity` for a Go that
 * was never published.
 */
export function auditTarget(context: Context, word: string, platform: Platform): AuditTarget {
	if (word.includes("/") || word === "." || word === "..") return atPath(context, word);
	const request = parseRequest(word);
	const wanted = request.platform ?? platform;
	const stored = storedVersions(context);
	const alias = request.kind === "alias" ? userAliases(context).get(request.name) : undefined;
	const found = stored.find(
		(each) =>
			each.key === alias || (request.kind === "exact" && each.release.name === request.release.name && each.platform === wanted),
	);
	return targetOf(found ?? pickInstalled(context, request, wanted));
}

export function targetOf({ release, platform, goroot, key }: Installed): AuditTarget {
	return { release, platform, goroot: realpathSync(goroot), key };
}

function atPath(context: Context, word: string): AuditTarget {
	const path = resolve(context.cwd, word);
	const real = ifPresent(() => realpathSync(path));
	if (real === undefined) throw new GoxError("usage", `${path} doesn't exist`, { hint: 'gox verify "$(go env GOROOT)"' });
	const goroot = gorootAt(real);
	const versions = ifPresent(() => realpathSync(layoutOf(context.home).versions));
	const stored = versions === dirname(goroot) ? storedVersions(context).find(({ key }) => key === basename(goroot)) : undefined;
	return stored ? targetOf(stored) : { ...identify(goroot, context.host()), goroot };
}

/** A GOROOT may be meant by its bin/go, or by the prefix that Homebrew puts a `libexec` in. */
function gorootAt(path: string): string {
	const directory = statSync(path).isDirectory() ? path : dirname(dirname(path));
	const libexec = join(directory, "libexec");
	return !existsSync(join(directory, "VERSION")) && existsSync(join(libexec, "VERSION")) ? libexec : directory;
}
