import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { goSetting } from "../select/goenv.ts";

/**
 * Where `go install` puts programs, the first being where it puts them now: GOBIN, and bin/ of each GOPATH entry
 * (`go help install`), from the environment, the file of `go env -w` and GOROOT/go.env; ~/go/bin where nothing says.
 */
export function toolDirectories(context: Context, goroot: string | null): readonly string[] {
	const gobin = goSetting(context, "GOBIN", goroot)?.value ?? "";
	const gopath = goSetting(context, "GOPATH", goroot)?.value || join(context.userHome, "go");
	const bins = gopath
		.split(":")
		.filter(isAbsolute)
		.map((entry) => join(entry, "bin"));
	return [...new Set([...(isAbsolute(gobin) ? [gobin] : []), ...bins])];
}
