import { basename } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import type { Shell } from "../shell/shell.ts";
import { shellCalled, shellNames } from "../shell/shells.ts";

/** @throws GoxError `usage` for a shell that gox has no hook for. */
export function shellNamed(name: string): Shell {
	const found = shellCalled(name);
	if (found) return found;
	throw new GoxError("usage", `${quote(name)} is not a shell that gox knows`, { hint: `one of: ${shellNames.join(", ")}` });
}

/** The user's login shell, from SHELL. @throws GoxError `usage` where that is none of the three. */
export function usersShell(context: Context): Shell {
	const { SHELL = "" } = context.env;
	const found = shellCalled(SHELL);
	if (found) return found;
	const what =
		SHELL === "" ? "SHELL isn't set, so gox can't tell which shell is yours" : `gox has no hook for ${basename(SHELL)}`;
	throw new GoxError("usage", what, { hint: shellNames.map((name) => `gox setup --shell ${name}`).join("\n") });
}
