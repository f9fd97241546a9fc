import type { Run } from "../cli/command.ts";
import { shellVersion } from "../cli/operands.ts";
import { variablesIn } from "../config.ts";
import { GoxError } from "../errors.ts";
import { parsePin } from "../select/versionfile.ts";
import { shellNames } from "../shell/hook.ts";

/**
 * `gox use`. A process can't change the shell that started it: the hook's `gox` function does that, and asks here,
 * with GOX_HOOK set, only for what it can't tell from the names in the store. The answer, the one line on stdout, is
 * what it puts into GOX_VERSION. Without the hook there is nothing to be done but to say how to get it.
 */
export const run: Run = ({ context, report, args: [word], options }) => {
	if (options.has("unset") && word !== undefined) {
		throw new GoxError("usage", "use: --unset takes no version", { hint: "gox use --unset" });
	}
	if (options.has("unset")) throw noHook("unset GOX_VERSION GOX_STRICT");
	if (word === undefined) throw new GoxError("usage", "use: which version?", { hint: "gox use 1.22\ngox use --unset" });
	if (!shellNames.some((name) => name === variablesIn(context.env).hook)) {
		const pin = parsePin(word);
		const version = pin && pin.kind !== "alias" ? word : shellVersion(context, word);
		throw noHook(`export GOX_VERSION=${version}${options.has("strict") ? " GOX_STRICT=1" : ""}`);
	}
	report.line(shellVersion(context, word));
	return undefined;
};

function noHook(byHand: string): GoxError {
	return new GoxError("usage", "this shell has no hook, so gox can't change it", {
		hint: `gox setup          # once, for new shells\n${byHand}`,
	});
}
