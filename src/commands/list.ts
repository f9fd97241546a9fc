import type { Invocation } from "../cli/command.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import { newestKnown, type ReleaseStatus, releaseStatuses, statusInWords } from "../releases/status.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, type Installed, installedVersions } from "../store/installed.ts";
import { type Sizes, sizesOf } from "../store/receipt.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	if (invocation.name === "ls-remote" || invocation.options.has("remote")) {
		const { listAvailable } = await import("./list-remote.ts");
		await listAvailable(invocation);
	} else await listInstalled(invocation);
	return undefined;
}

async function listInstalled(invocation: Invocation): Promise<void> {
	const {
		context,
		report,
		args: [word],
		options,
	} = invocation;
	openHome(context);
	const all = installedVersions(context);
	const listed = await asked(invocation, all);
	const current = defaultVersion(context, all);
	if (report.asJson) {
		report.json(
			listed.map((each) => ({
				version: each.release.name,
				platform: each.platform,
				goroot: each.goroot,
				default: each.key === current?.key,
				stable: each.release.stable,
				...sizesOf(context, each),
			})),
		);
		return;
	}
	if (listed.length === 0) {
		report.say(
			word === undefined
				? "no Go is installed yet; to install the newest: gox install latest"
				: `no installed Go matches ${word}`,
		);
		return;
	}
	const status = releaseStatuses([...newestKnown(context), ...all.map((each) => each.release)]);
	report.lines(
		columns(
			listed.map((each) => [
				each.key === current?.key ? "*" : " ",
				each.release.name,
				each.platform === context.host() ? "" : each.platform,
				...(options.has("sizes") ? [sizesInWords(sizesOf(context, each))] : []),
				remarks(each.key === current?.key, status(each.release, each.platform)),
			]),
		),
	);
}

/** Those that the words on the command line mean; without any, all. What reads words is loaded only for them. */
async function asked({ context, args: [word], options }: Invocation, all: readonly Installed[]): Promise<readonly Installed[]> {
	if (word === undefined && options.text("platform") === undefined) return all;
	const [{ matching, pickInstalled }, { namedPlatform, requestNamed }] = await Promise.all([
		import("../store/links.ts"),
		import("../cli/operands.ts"),
	]);
	const platform = namedPlatform(options);
	if (word === undefined) return all.filter((each) => each.platform === platform);
	const request = requestNamed(context, word, platform);
	const found = matching(context, request, request.platform ?? context.host());
	// A minor of which nothing is installed is an answer; a word that means nothing is a mistake.
	if (found.length === 0 && request.kind === "alias") return [pickInstalled(context, request)];
	return found;
}

/** The whole, and what of it another version has too: `206 MB, 102 MB shared`. */
function sizesInWords({ size, sharedSize }: Sizes): string {
	if (size === null) return "?";
	return `${bytesInWords(size)}${sharedSize ? `, ${bytesInWords(sharedSize)} shared` : ""}`;
}

function remarks(isDefault: boolean, status: ReleaseStatus): string {
	const words = statusInWords(status, false);
	if (!isDefault) return words;
	return words === "" ? "default" : `default; ${words}`;
}
