import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent, writeFileAtomic } from "../fs.ts";
import { lookUp } from "../releases/lookup.ts";
import { select } from "../select/select.ts";
import { matching } from "../store/pick.ts";
import { parseRequest, type Request } from "../version/request.ts";
import { catalogOptions, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	const {
		context,
		report,
		args: [word],
	} = invocation;
	if (word === undefined) return show(invocation);
	const request = parseRequest(word);
	const pin = await pinFor(invocation, request);
	const path = join(context.cwd, ".go-version");
	// A link is written through: it may be the team's one file.
	writeFileAtomic(ifPresent(() => realpathSync(path)) ?? path, `${pin}\n`);
	report.say(`${path} now says ${pin}`);
	if (pin !== "system" && matching(context, parseRequest(pin), context.host()).length === 0)
		report.say(`it is not installed yet: gox install ${pin}`);
	if (toolVersionsHere(context)) report.warn(".tool-versions here names a Go too; .go-version wins");
	if (report.asJson) report.json({ path, pin });
	return undefined;
}

/** What goes into the file: an exact release, a minor as it was given, or what a range, `latest` and the like resolve to. */
async function pinFor(invocation: Invocation, request: Request): Promise<string> {
	const context = withConfiguredSites(invocation.context);
	switch (request.kind) {
		case "system":
			return "system";
		case "alias": {
			const [named] = matching(context, request, context.host());
			if (!named)
				throw new GoxError("not-a-version", `"${request.text.trim()}" is not a Go version, and no alias has that name`, {
					hint: "gox pin 1.22.5",
				});
			return named.release.version;
		}
		case "mod":
			throw new GoxError("usage", "a pin to what go.mod asks for would say the same thing twice", { hint: "gox why" });
		case "prefix":
			await lookUpOrInstalled(context, invocation, request);
			return request.prefix;
		case "exact": {
			await lookUpOrInstalled(context, invocation, request);
			const { version, parsed, stable } = request.release;
			// `1.20` would mean the newest 1.20: the release of that name is pinned as 1.20.0.
			const exact = stable && !version.includes(".", version.indexOf(".") + 1) ? `${parsed.major}.${parsed.minor}.0` : version;
			return request.platform && request.platform !== context.host() ? `${exact}@${request.platform}` : exact;
		}
		default:
			return (await lookUpOrInstalled(context, invocation, request)).version;
	}
}

/** The release that is meant, so that a slip of the pen isn't written down; what is installed needs no list. */
async function lookUpOrInstalled(context: Context, invocation: Invocation, request: Request) {
	const [installed] =
		request.kind === "exact" || request.kind === "prefix" ? matching(context, request, request.platform ?? context.host()) : [];
	return installed?.release ?? (await lookUp(context, request, context.host(), catalogOptions(invocation))).release;
}

function show({ context, report }: Invocation): undefined {
	const { considered } = select({
		...context,
		env: { ...context.env, GOX_VERSION: undefined, GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: undefined },
	});
	const found = considered.find((each) => each.said !== null && (each.kind === ".go-version" || each.kind === ".tool-versions"));
	if (!found) throw new GoxError("no-go", "nothing is pinned here", { hint: "gox pin 1.22.5" });
	if (report.asJson) report.json({ path: found.path, pin: found.said });
	else report.line(`${found.said} (${found.path})`);
	return undefined;
}

function toolVersionsHere(context: Context): boolean {
	const path = join(context.cwd, ".tool-versions");
	return existsSync(path) && /^(golang|go)\s/m.test(ifPresent(() => readFileSync(path, "utf8")) ?? "");
}
